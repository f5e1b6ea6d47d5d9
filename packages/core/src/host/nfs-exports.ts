import { createHash } from "node:crypto";
import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { NfsConnectionInfo } from "../model/connection.js";
import { complaint, run, type CommandResult } from "./command.js";
import type { HostLock } from "./host-lock.js";
import { listLoopDevices } from "./loop-devices.js";
import { readMounts } from "./mountinfo.js";

/** Where this host mounts an export: once, for all volumes that are files of it. */
export const exportDirectory = (runtimeDir: string, exported: string): string =>
  join(runtimeDir, "nfs", createHash("sha256").update(exported).digest("hex").slice(0, 32));

/**
 * Mounts an export, if it is not mounted yet. Nothing here may look at the directory itself: where the server is away, that hangs, and
 * only a program can be ended.
 */
export async function mountExport(info: NfsConnectionInfo, directory: string, lock: HostLock, ctx: CallContext): Promise<void> {
  if (await isMounted(directory)) return;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await ctx.step("mount-export");
  // The call's deadline says how long to try, and who ends it finds no program that goes on trying.
  const options = ["nosuid", "nodev", "noexec", "retry=0", ...(info.options ?? [])].join(",");
  const result = await run(ctx, "mount", ["--types", "nfs", "--options", options, "--source", info.export, "--target", directory], { lockFd: lock.fd });
  if (await isMounted(directory)) return;
  await rmdir(directory).catch(() => undefined);
  throw mountFailed(info, result, ctx);
}

/** Unmounts an export when no device needs it any more. One that somebody looks at stays, until the next volume of it goes. */
export async function leaveExport(directory: string, lock: HostLock, ctx: CallContext): Promise<void> {
  if (await isMounted(directory)) {
    const needed = (await listLoopDevices(ctx)).some(({ file }) => file.startsWith(`${directory}/`));
    if (needed) return;
    await ctx.step("unmount-export");
    const result = await run(ctx, "umount", ["--no-canonicalize", directory], { lockFd: lock.fd });
    if (await isMounted(directory)) {
      const why = complaint("umount", result);
      if (!/busy/iu.test(why)) throw ctx.fail("UNAVAILABLE", "detach-failed", `cannot unmount the export at ${directory}: ${why}`);
      ctx.log.warn(`the export at ${directory} stays mounted, because somebody uses it: ${why}`);
      return;
    }
  }
  await rmdir(directory).catch(() => undefined);
}

/**
 * The size of a volume's file, as the server has it now; undefined when there is no such file. Opening asks the server, where looking
 * alone may give an answer of a minute ago.
 */
export async function exportedFileBytes(path: string, ctx: CallContext): Promise<number | undefined> {
  const script = 'test -f "$1" && ! test -L "$1" && exec stat --format=%s - <"$1"';
  const result = await run(ctx, "sh", ["-c", script, "sh", path]);
  const bytes = Number(result.stdout.trim() || Number.NaN);
  return result.exitCode === 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

const isMounted = async (directory: string): Promise<boolean> =>
  (await readMounts()).some(({ mountPoint, fsType }) => mountPoint === directory && /^nfs\d?$/u.test(fsType));

function mountFailed(info: NfsConnectionInfo, result: CommandResult, ctx: CallContext): Error {
  const why = complaint("mount", result).replace(/^mount\.nfs4?: /u, "");
  const what = `cannot mount the export ${info.export}: ${why}`;
  if (/access denied|permission denied|not permitted/iu.test(why)) {
    return ctx.fail("PERMISSION_DENIED", "permission-denied", `${what}; check that the server exports it to this host`, { outcome: "none" });
  }
  if (/refused|timed out|unreachable|no route|resolve|network|not responding/iu.test(why)) {
    return ctx.fail("UNAVAILABLE", "backend-unreachable", `${what}; check that the server can be reached from this host`, { outcome: "none" });
  }
  return ctx.fail("UNAVAILABLE", "attach-failed", what, { outcome: "none" });
}
