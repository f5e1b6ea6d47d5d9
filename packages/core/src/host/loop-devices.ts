import { setTimeout as sleep } from "node:timers/promises";
import type { CallContext } from "../driver/call-context.js";
import { formatBytes } from "../model/size.js";
import { readAttribute, claim, deviceBytes, listDirectory } from "./block-device.js";
import { complaint, run } from "./command.js";
import { growFailed, wouldShrink } from "./grow-failed.js";
import { deviceHeld } from "./held.js";
import type { HostLock } from "./host-lock.js";

/** A loop device that has a file behind it, as the kernel says. */
export interface LoopDevice {
  /** `/dev/loop3`. */
  readonly path: string;
  /** `7:3`. */
  readonly number: string;
  /** Path of the file behind it, without the kernel's ` (deleted)`. */
  readonly file: string;
  /** `major:minor` of that file's file system and its inode; empty when the kernel would not tell (not root). */
  readonly fileNumber: string;
  readonly inode: string;
  readonly readOnly: boolean;
  /** Already let go, but somebody has it open: it goes when they close it. */
  readonly ending: boolean;
}

const columns = "NAME,MAJ:MIN,BACK-FILE,BACK-MAJ:MIN,BACK-INO,RO,AUTOCLEAR";

/** How long a let-go device may take to go when nobody seems to hold it: udev looks at devices at odd moments. */
const goneWithinMs = 1_000;

/** Lists the bound loop devices of this host; runs no program where there is none. */
export async function listLoopDevices(ctx: CallContext): Promise<readonly LoopDevice[]> {
  const names = (await listDirectory("/sys/block")).filter((name) => /^loop\d+$/.test(name));
  const bound = await Promise.all(names.map(backingFile));
  if (bound.every((file) => file === undefined)) return [];
  const result = await run(ctx, "losetup", ["--list", "--json", "--output", columns]);
  if (result.exitCode !== 0) throw ctx.fail("INTERNAL", "loop-devices-unreadable", `cannot list loop devices: ${complaint("losetup", result)}`);
  return parseLoopDevices(result.stdout);
}

/** Parses `losetup --list --json`; nothing at all is an empty list. */
export function parseLoopDevices(json: string): readonly LoopDevice[] {
  if (json.trim() === "") return [];
  const parsed: unknown = JSON.parse(json);
  const rows: unknown = isObject(parsed) ? parsed["loopdevices"] : undefined;
  if (!Array.isArray(rows)) return [];
  return rows.filter(isObject).flatMap((row) => {
    const text = (column: string): string => {
      const value = row[column];
      return typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
    };
    const path = text("name");
    const file = typeof row["back-file"] === "string" ? withoutDeleted(row["back-file"]) : "";
    if (path === "" || file === "") return [];
    return [
      {
        path,
        number: text("maj:min"),
        file,
        fileNumber: text("back-maj:min"),
        inode: text("back-ino"),
        readOnly: row["ro"] === true,
        ending: row["autoclear"] === true,
      },
    ];
  });
}

/**
 * Makes a loop device of a whole file, with direct I/O where the file allows it: the file's data then is not cached
 * twice. Returns its path.
 */
export async function bindLoopDevice(file: string, readOnly: boolean, lock: HostLock, ctx: CallContext): Promise<string> {
  const args = ["--find", "--show", ...(readOnly ? ["--read-only"] : [])];
  await ctx.step("losetup");
  let result = await run(ctx, "losetup", [...args, "--direct-io=on", "--", file], { lockFd: lock.fd });
  if (result.exitCode !== 0 && result.stderr.includes("direct")) result = await run(ctx, "losetup", [...args, "--", file], { lockFd: lock.fd });
  const path = result.stdout.trim();
  if (result.exitCode === 0 && /^\/dev\/loop\d+$/.test(path)) return path;
  throw ctx.fail("UNAVAILABLE", "loop-device-failed", `cannot make a loop device of ${file}: ${complaint("losetup", result)}`);
}

/**
 * Lets a loop device go and proves that it is gone.
 *
 * With a mount in another mount namespace `losetup -d` says success and the device stays. So the device is claimed first
 * (O_EXCL), which fails while anything holds it, and the claim is kept over `losetup -d`: nobody can mount in between, and
 * the kernel unbinds the file when the claim is closed.
 * @param flush whether data that was written must be on stable storage first; false where what is behind it is dead
 */
export async function unbindLoopDevice(
  loop: { readonly path: string; readonly file: string },
  flush: boolean,
  lock: HostLock,
  ctx: CallContext,
): Promise<void> {
  await ctx.step("claim-device");
  const claimed = await claim(loop.path);
  if (claimed === undefined) throw await deviceHeld(ctx, loop.path, { doing: "cannot detach" });
  try {
    if (!(await isBoundTo(loop))) return;
    if (flush) await flushDevice(loop.path, ctx);
    await ctx.step("losetup-detach");
    const result = await run(ctx, "losetup", ["--detach", loop.path], { lockFd: lock.fd });
    if (result.exitCode !== 0 && (await isBoundTo(loop))) {
      throw ctx.fail("UNAVAILABLE", "loop-device-failed", `cannot let ${loop.path} go: ${complaint("losetup", result)}`);
    }
  } finally {
    await claimed.release();
  }
  const start = performance.now();
  while (await isBoundTo(loop)) {
    await sleep(20, undefined, { signal: ctx.signal });
    if (performance.now() - start < goneWithinMs) continue;
    throw await deviceHeld(ctx, loop.path, { doing: "detached, but the device goes only when it is closed", outcome: "unknown" });
  }
}

/** Lets a loop device take the size of its file; never a smaller one. */
export async function growLoopDevice(path: string, fileBytes: number, lock: HostLock, ctx: CallContext): Promise<void> {
  const sizeBytes = await deviceBytes(path);
  if (fileBytes < sizeBytes) throw wouldShrink(ctx, path, sizeBytes, fileBytes);
  // A device has whole sectors.
  if (fileBytes - sizeBytes < 512) return;
  await ctx.step("losetup-set-capacity");
  const result = await run(ctx, "losetup", ["--set-capacity", path], { lockFd: lock.fd });
  if (result.exitCode === 0 && (await deviceBytes(path)) > sizeBytes) return;
  throw growFailed(ctx, `${path} does not take the new size of its file (${formatBytes(fileBytes)}): ${complaint("losetup", result)}`);
}

/** Writes what the kernel holds for a device to stable storage; in a program, because on a dead backend it can hang. */
export async function flushDevice(path: string, ctx: CallContext): Promise<void> {
  const result = await run(ctx, "sync", [path]);
  if (result.exitCode === 0) return;
  throw ctx.fail("UNAVAILABLE", "flush-failed", `cannot write the last data of ${path} to its volume: ${complaint("sync", result)}`, {
    recovery: "operator",
    outcome: "none",
  });
}

async function isBoundTo(loop: { readonly path: string; readonly file: string }): Promise<boolean> {
  const file = await backingFile(loop.path.slice("/dev/".length));
  return file !== undefined && withoutDeleted(file) === withoutDeleted(loop.file);
}

/** The path of the file behind a loop device, by the device's kernel name; undefined when it has none. */
export const backingFile = (name: string): Promise<string | undefined> => readAttribute(`/sys/block/${name}/loop/backing_file`);

/** The kernel adds this to the path of a file that has no name any more; a name may also end so by itself. */
export const withoutDeleted = (path: string): string => path.replace(/ \(deleted\)$/, "");

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
