import type { CallContext } from "../driver/call-context.js";
import type { MountRecord } from "../model/mount.js";
import type { Attacher } from "./attach.js";
import { listDirectory, readLink } from "./block-device.js";
import { complaint, requireRoot, run } from "./command.js";
import { commandOf, processIds, type Holder } from "./held.js";
import { thawLeftover } from "./freeze.js";
import { withHostLock } from "./host-lock.js";
import { checkDirectory, createdDirectories } from "./mount-directory.js";
import { readMounts } from "./mountinfo.js";

/** Unmounts a record's directory, if it is the record's device that is mounted there. */
export async function unmountVolume(
  record: MountRecord,
  host: { readonly attacher: Attacher; readonly runtimeDir: string },
  ctx: CallContext,
): Promise<void> {
  requireRoot(ctx);
  const { directory, device, volumeId } = record;
  await withHostLock(ctx, host.runtimeDir, volumeId, (lock) =>
    withHostLock(ctx, host.runtimeDir, `directory:${directory}`, async () => {
      // Unmounting what is frozen would hang, or leave it frozen for good.
      await thawLeftover(volumeId, host.runtimeDir, lock, ctx);
      const ours = (await readMounts()).some((entry) => entry.mountPoint === directory && entry.number === device.number);
      if (ours && (await host.attacher.isPresent(device, ctx))) {
        const top = (await readMounts()).findLast(({ mountPoint }) => mountPoint === directory);
        if (top?.number !== device.number) throw covered(ctx, directory, top?.source ?? "something");
        await ctx.step("umount");
        const result = await run(ctx, "umount", ["--no-canonicalize", directory], { lockFd: lock.fd });
        const still = (await readMounts()).some((entry) => entry.mountPoint === directory && entry.number === device.number);
        if (still) throw await notUnmounted(ctx, directory, complaint("umount", result));
      }
      await removeDirectory(record, host.runtimeDir, ctx);
    }),
  );
}

/** Only the directory that mounting made, only when it is empty, and never something else's mount point. */
async function removeDirectory({ directory, createdDirectory, volumeId }: MountRecord, runtimeDir: string, ctx: CallContext): Promise<void> {
  const created = createdDirectories(runtimeDir);
  if (!createdDirectory && !(await created.wasCreated(directory, volumeId))) return;
  if ((await readMounts()).some(({ mountPoint }) => mountPoint === directory)) return;
  const state = await checkDirectory(directory, ctx).catch(() => "other");
  await ctx.step("remove-directory");
  if (state === "empty" || state === "missing") await created.remove(directory);
}

const covered = (ctx: CallContext, directory: string, by: string): Error =>
  ctx.fail("FAILED_PRECONDITION", "mount-busy", `${by} is mounted over the volume at ${directory}; unmount that first`, { outcome: "none" });

async function notUnmounted(ctx: CallContext, directory: string, why: string): Promise<Error> {
  const users = await findUsers(directory);
  if (users.length === 0 && !/busy/i.test(why)) return ctx.fail("UNAVAILABLE", "unmount-failed", `cannot unmount ${directory}: ${why}`);
  const by = users.length > 0 ? users.map(({ what }) => what).join("; ") : "used by something that no open file shows";
  return ctx.fail("FAILED_PRECONDITION", "mount-busy", `${directory} is ${by}; end that and call again`, {
    outcome: "none",
    details: { directory, users },
  });
}

/** Who uses a file system: mounts below it, and processes with an open file, a working or a root directory in it. */
async function findUsers(directory: string): Promise<readonly Holder[]> {
  const within = (path: string | undefined): boolean => path === directory || path?.startsWith(`${directory}/`) === true;
  const users: Holder[] = (await readMounts())
    .filter(({ mountPoint }) => mountPoint !== directory && within(mountPoint))
    .map(({ mountPoint }) => ({ kind: "mount", what: `below a mount at ${mountPoint}`, mountPoint }));
  for (const pid of await processIds()) {
    const fds = await listDirectory(`/proc/${pid}/fd`);
    const links = [...["cwd", "root", "exe"].map((name) => `/proc/${pid}/${name}`), ...fds.map((fd) => `/proc/${pid}/fd/${fd}`)];
    for (const link of links) {
      const path = await readLink(link);
      if (!within(path)) continue;
      const command = await commandOf(pid);
      users.push({ kind: "process", what: `used by process ${pid} (${command}), which has ${path ?? ""} open`, pid, command });
      break;
    }
  }
  return users;
}
