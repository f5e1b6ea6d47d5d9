import { readFile, stat } from "node:fs/promises";
import type { CallContext } from "../driver/call-context.js";
import type { Outcome } from "../errors/codes.js";
import type { SouthboundError } from "../errors/southbound-error.js";
import { listDirectory, readAttribute, readLink, withPartitions } from "./block-device.js";
import { parseMountinfo, type MountEntry } from "./mountinfo.js";

/** Somebody who holds a device. */
export interface Holder {
  readonly kind: "mount" | "swap" | "stacked-device" | "process";
  /** In words: `mounted at /srv/a in the mount namespace of process 4711 (postgres)`. */
  readonly what: string;
  readonly pid?: number | undefined;
  readonly command?: string | undefined;
  readonly mountPoint?: string | undefined;
}

/** Finds who holds a device or one of its partitions: mounts of every mount namespace, swap, stacked devices, openers. */
async function findHolders(devicePath: string): Promise<readonly Holder[]> {
  const parts = await withPartitions(devicePath);
  const found = await Promise.all([mounts(parts), swaps(parts), stackedDevices(devicePath, parts), openers(parts)]);
  return found.flat();
}

/** The mounts of a device or of its partitions, in whatever mount namespace. */
export const findMounts = async (devicePath: string): Promise<readonly Holder[]> => mounts(await withPartitions(devicePath));

/** The error for a device that is held, naming every holder. */
export async function deviceHeld(
  ctx: CallContext,
  devicePath: string,
  info: { readonly doing: string; readonly outcome?: Outcome },
): Promise<SouthboundError> {
  const holders = await findHolders(devicePath);
  const by =
    holders.length > 0
      ? holders.map(({ what }) => what).join("; ")
      : "held by something that no mount table, swap list or open file shows, such as a lazily unmounted file system";
  return ctx.fail("FAILED_PRECONDITION", "device-held", `${info.doing}: ${devicePath} is ${by}; end that and call again`, {
    outcome: info.outcome ?? "none",
    details: { device: devicePath, holders },
  });
}

type Parts = readonly { readonly name: string; readonly number: string }[];

/** The processes of this machine, by pid. */
export async function processIds(): Promise<readonly number[]> {
  return (await listDirectory("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** The short name of a process's program. */
export const commandOf = async (pid: number): Promise<string> => (await readAttribute(`/proc/${pid}/comm`)) ?? "?";

async function mounts(parts: Parts): Promise<readonly Holder[]> {
  const numbers = new Set(parts.map(({ number }) => number));
  const own = await readLink("/proc/self/ns/mnt");
  const firstOfNamespace = new Map<string, number>();
  for (const pid of await processIds()) {
    const namespace = await readLink(`/proc/${pid}/ns/mnt`);
    if (namespace !== undefined && !firstOfNamespace.has(namespace)) firstOfNamespace.set(namespace, pid);
  }
  const holders: Holder[] = [];
  for (const [namespace, pid] of firstOfNamespace) {
    const text = await readFile(`/proc/${pid}/mountinfo`, "utf8").catch(() => "");
    for (const { mountPoint } of parseMountinfo(text).filter((entry: MountEntry) => numbers.has(entry.number))) {
      if (namespace === own) {
        holders.push({ kind: "mount", what: `mounted at ${mountPoint}`, mountPoint });
        continue;
      }
      const command = await commandOf(pid);
      const what = `mounted at ${mountPoint} in the mount namespace of process ${pid} (${command})`;
      holders.push({ kind: "mount", what, pid, command, mountPoint });
    }
  }
  return holders;
}

async function swaps(parts: Parts): Promise<readonly Holder[]> {
  const names = new Set(parts.map(({ name }) => `/dev/${name}`));
  const lines = (await readFile("/proc/swaps", "utf8").catch(() => "")).split("\n").slice(1);
  const devices = lines.map((line) => line.split(/\s/)[0] ?? "").filter((device) => names.has(device));
  return devices.map((device) => ({ kind: "swap", what: `used as swap (${device})` }));
}

async function stackedDevices(devicePath: string, parts: Parts): Promise<readonly Holder[]> {
  const whole = devicePath.slice("/dev/".length);
  const holders: Holder[] = [];
  for (const { name } of parts) {
    const directory = name === whole ? `/sys/block/${name}/holders` : `/sys/block/${whole}/${name}/holders`;
    for (const upper of await listDirectory(directory)) holders.push({ kind: "stacked-device", what: `used by the device ${upper}` });
  }
  return holders;
}

/** Processes that have the device open, claimed or not. */
async function openers(parts: Parts): Promise<readonly Holder[]> {
  const numbers = new Set(parts.map(({ number }) => number));
  const holders: Holder[] = [];
  for (const pid of await processIds()) {
    for (const fd of await listDirectory(`/proc/${pid}/fd`)) {
      const path = `/proc/${pid}/fd/${fd}`;
      // Only device nodes are looked at more closely: a stat of a file on a dead network file system would hang.
      const target = await readLink(path);
      if (target === undefined || !parts.some(({ name }) => target.endsWith(`/${name}`))) continue;
      const node = await stat(path).catch(() => undefined);
      if (node?.isBlockDevice() !== true || !numbers.has(deviceNumber(node.rdev))) continue;
      const command = await commandOf(pid);
      holders.push({ kind: "process", what: `open in process ${pid} (${command})`, pid, command });
      break;
    }
  }
  return holders;
}

/** Writes a device number as the kernel does, from the form that `stat` gives (12 bits major, 20 bits minor). */
export function deviceNumber(dev: number): string {
  const low = dev % 2 ** 32;
  const high = Math.floor(dev / 2 ** 32);
  const major = ((low >>> 8) & 0xfff) + (high & 0xfffff000);
  const minor = (low & 0xff) + ((low >>> 12) & 0xfff00);
  return `${major}:${minor}`;
}
