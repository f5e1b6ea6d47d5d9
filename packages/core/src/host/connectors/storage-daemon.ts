import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallContext } from "../../driver/call-context.js";
import type { RbdConnectionInfo } from "../../model/connection.js";
import { readAttribute } from "../block-device.js";
import { complaint, run } from "../command.js";
import { processIds } from "../held.js";
import { readMounts } from "../mountinfo.js";
import { rbdFailure } from "../rbd-credentials.js";
import type { EncryptionFiles } from "../rbd-encryption.js";

const program = "qemu-storage-daemon";
/** What QEMU calls librbd's formats. */
const formatNames = { luks1: "luks", luks2: "luks2" } as const;
/** How the image's options name the passphrase. */
const secretId = "passphrase";
/**
 * How long a daemon that was told to end while it starts may go on. It opens its image first, for seconds where it derives a key, and then closes
 * it. Killed, it leaves it open, and the cluster removes no such image for as long: to wait longer gains nothing.
 */
const startsWithinMs = 30_000;

/**
 * Starts a storage daemon that shows one RBD image as the file `image`; returns when the file can be opened. The daemon
 * leaves our process group and lives on when the dock ends.
 */
export async function startStorageDaemon(
  info: RbdConnectionInfo,
  files: { readonly conf: string; readonly image: string; readonly encryption?: EncryptionFiles | undefined },
  readOnly: boolean,
  ctx: CallContext,
): Promise<void> {
  const node = {
    driver: "rbd",
    "node-name": "volume",
    pool: info.pool,
    ...(info.namespace !== "" && { namespace: info.namespace }),
    image: info.image,
    conf: files.conf,
    user: info.user,
    cache: { direct: true },
    discard: "unmap",
    "read-only": readOnly,
    ...(files.encryption !== undefined && { encrypt: { format: formatNames[files.encryption.format], "key-secret": secretId } }),
  };
  const fuse = { type: "fuse", id: "fuse", "node-name": "volume", mountpoint: files.image, writable: !readOnly, "allow-other": "off" };
  const [blockdev, exported] = [JSON.stringify(node), JSON.stringify(fuse)];
  const secret = files.encryption === undefined ? [] : ["--object", JSON.stringify({ "qom-type": "secret", id: secretId, file: files.encryption.passphraseFile })];
  const result = await run(ctx, program, ["--daemonize", ...secret, "--blockdev", blockdev, "--export", exported], { killAfterMs: startsWithinMs });
  if (result.exitCode === 0) return;
  // It begins its complaints with the argument that they are about.
  const text = complaint(program, result).replaceAll(blockdev, "").replaceAll(exported, "").replace(/^--\w+ *: */, "");
  if (/Unknown driver|Invalid parameter 'rbd'/.test(text)) {
    throw ctx.fail("FAILED_PRECONDITION", "missing-tool", "qemu-storage-daemon has no RBD driver on this host: apt-get install qemu-block-extra", {
      outcome: "none",
      recovery: "operator",
      details: { tool: program, package: "qemu-block-extra" },
    });
  }
  throw rbdFailure(info, "fuse-loop", text, ctx);
}

/**
 * The daemons that serve, or are about to serve, a file: told by their arguments, so that neither a reused pid nor one
 * that was started by a dock killed a moment ago is mistaken or missed.
 */
async function findStorageDaemons(image: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const pid of await processIds()) {
    // The kernel keeps 15 characters of a name.
    if ((await readAttribute(`/proc/${pid}/comm`)) !== program.slice(0, 15)) continue;
    if (await serves(pid, image)) found.push(pid);
  }
  return found;
}

/** How a daemon reaches its image. */
export interface StorageDaemon {
  readonly conf: string;
  readonly user: string;
  readonly pool: string;
  /** The version in the name of its librbd's file, such as `1.16.0`; empty where it has none. */
  readonly librbd: string;
}

/** The daemon that serves a file, read from its arguments and its libraries; undefined when none serves it. */
export async function readStorageDaemon(image: string): Promise<StorageDaemon | undefined> {
  const [pid] = await findStorageDaemons(image);
  if (pid === undefined || !(await isExported(image))) return undefined;
  const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  const node: unknown = JSON.parse(argv[argv.indexOf("--blockdev") + 1] ?? "null");
  const field = (name: string): string => {
    const value: unknown = typeof node === "object" && node !== null ? Reflect.get(node, name) : undefined;
    return typeof value === "string" ? value : "";
  };
  const maps = await readFile(`/proc/${pid}/maps`, "utf8").catch(() => "");
  return { conf: field("conf"), user: field("user"), pool: field("pool"), librbd: /\/librbd\.so\.([\d.]+)$/m.exec(maps)?.[1] ?? "" };
}

/** A process that has ended and waits for its parent has no arguments any more. */
async function serves(pid: number, image: string): Promise<boolean> {
  const cmdline = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return cmdline.includes(`"mountpoint":${JSON.stringify(image)}`);
}

/** Whether exactly one daemon serves the file. */
export const isServed = async (image: string): Promise<boolean> =>
  (await isExported(image)) && (await findStorageDaemons(image)).length === 1;

/** Whether a file is a FUSE mount, alive or dead. */
const isExported = async (image: string): Promise<boolean> =>
  (await readMounts()).some(({ mountPoint, fsType }) => mountPoint === image && fsType.startsWith("fuse"));

/**
 * Ends every daemon of a file, waits until they are gone, and takes the file's FUSE mounts away. A daemon that serves writes what it still has to the
 * cluster first, however long that takes; one that never came so far has nothing to lose, and is killed in the end.
 */
export async function endStorageDaemons(image: string, ctx: CallContext): Promise<void> {
  // Half of the time, so that something is left for what comes after.
  const patienceMs = (await isExported(image)) ? Infinity : Math.min(startsWithinMs, ctx.remainingMs() / 2);
  for (const pid of await endWithin(image, patienceMs, ctx.signal)) {
    while (await serves(pid, image)) await sleep(5, undefined, { signal: ctx.signal });
  }
  await removeExport(image, ctx);
}

/**
 * After a start that failed or was cancelled: nothing was ever served, so nothing can be lost. A daemon that exports by now has its image open, and
 * closes it; any other has failed, or has been waited for. Never throws.
 */
export async function abandonStorageDaemons(image: string, ctx: CallContext): Promise<void> {
  await endWithin(image, (await isExported(image)) ? startsWithinMs : 0);
  await removeExport(image, ctx).catch(() => undefined);
}

/** Asks every daemon of a file to end, and kills those that have not ended by then; returns all that there were. */
async function endWithin(image: string, patienceMs: number, signal?: AbortSignal): Promise<readonly number[]> {
  const pids = await findStorageDaemons(image);
  for (const pid of pids) kill(pid, "SIGTERM");
  const killAt = performance.now() + patienceMs;
  for (const pid of pids) {
    while (performance.now() < killAt && (await serves(pid, image))) await sleep(5, undefined, { signal });
    if (await serves(pid, image)) kill(pid, "SIGKILL");
  }
  return pids;
}

async function removeExport(image: string, ctx: CallContext): Promise<void> {
  while (await isExported(image)) {
    const result = await run(ctx, "fusermount3", ["-u", "-z", image], { always: true });
    if (result.exitCode === 0 || !(await isExported(image))) continue;
    throw ctx.fail("UNAVAILABLE", "detach-failed", `cannot unmount ${image}: ${complaint("fusermount3", result)}`);
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
