import { basename } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { Device } from "../model/attachment.js";
import type { MountRecord, MountVolumeRequest } from "../model/mount.js";
import type { Attacher } from "./attach.js";
import { claim } from "./block-device.js";
import { complaint, requireRoot, run } from "./command.js";
import { thawLeftover } from "./freeze.js";
import { growAfterMount, growBeforeMount } from "./grow-file-system.js";
import { deviceHeld } from "./held.js";
import type { FormatJournal } from "./host.js";
import { withHostLock, type HostLock } from "./host-lock.js";
import { callOptions, readyFileSystem } from "./make-file-system.js";
import { checkDirectory, createdDirectories, notFound, resolveDirectory } from "./mount-directory.js";
import { checkMountRequest, isCompatibleMount, mountOptions, wantsReadOnly } from "./mount-options.js";
import { isReadOnlyMount, readMounts, type MountEntry } from "./mountinfo.js";
import { probeDevice } from "./signatures.js";

/** Mounts a volume's file system at a directory. */
export async function mountVolume(
  request: MountVolumeRequest,
  journal: FormatJournal,
  host: { readonly attacher: Attacher; readonly runtimeDir: string },
  ctx: CallContext,
): Promise<MountRecord> {
  checkMountRequest(request, ctx);
  requireRoot(ctx);
  const { volumeId } = request.attachment.attachment;
  const directory = await resolveDirectory(request.directory, ctx);
  // The volume's lock first, the directory's second, always: no two calls can wait for each other.
  return withHostLock(ctx, host.runtimeDir, volumeId, (lock) =>
    withHostLock(ctx, host.runtimeDir, `directory:${directory}`, async () => {
      const device = await presentDevice(request, host.attacher, ctx);
      await thawLeftover(volumeId, host.runtimeDir, lock, ctx);
      const created = createdDirectories(host.runtimeDir);
      const mounts = await readMounts();
      const there = mounts.findLast(({ mountPoint }) => mountPoint === directory);
      if (there !== undefined) {
        checkMountedThere(there, request, device, directory, ctx);
        const content = await probeDevice(device.path, lock, ctx);
        const fsUuid = content.kind === "file-system" ? content.fsUuid : "";
        // A mount that was killed before it had grown the file system is finished here; the record does not depend on it.
        const recorded = isReadOnlyMount(there) ? null : await journal.read(callOptions(ctx)).catch(() => null);
        if (recorded?.state === "formatted" && recorded.fsUuid === fsUuid) await growAfterMount(there.fsType, device, lock, ctx);
        return record(request, device, directory, there, fsUuid, await created.wasCreated(directory, volumeId));
      }

      const state = await checkDirectory(directory, ctx);
      if (state === "missing" && request.createDirectory !== true) throw notFound(ctx, directory, `${directory} does not exist`);
      await checkNotHeld(request, device, mounts, ctx);
      const fileSystem = await readyFileSystem({ request, device, readOnly: wantsReadOnly(request), journal, lock }, ctx);
      const mayGrow = fileSystem.madeEarlier && !wantsReadOnly(request);
      if (mayGrow) await growBeforeMount(fileSystem, device, { lock, runtimeDir: host.runtimeDir }, ctx);

      if (state === "missing") {
        await ctx.step("make-directory");
        await created.create(directory, volumeId);
      }
      const mine = state === "missing" || (request.createDirectory === true && (await created.wasCreated(directory, volumeId)));
      try {
        await mountDevice(request, device, fileSystem.fsType, directory, lock, ctx);
      } catch (error) {
        if (mine && !(await isMountPoint(directory))) await created.remove(directory);
        throw error;
      }
      const entry = (await readMounts()).findLast(({ mountPoint }) => mountPoint === directory);
      if (entry?.number !== device.number) {
        throw ctx.fail("INTERNAL", "mount-failed", `mount says that ${device.path} is mounted at ${directory}, and the kernel does not`);
      }
      if (mayGrow) await growAfterMount(fileSystem.fsType, device, lock, ctx);
      return record(request, device, directory, entry, fileSystem.fsUuid, mine);
    }),
  );
}

async function presentDevice({ attachment }: MountVolumeRequest, attacher: Attacher, ctx: CallContext): Promise<Device> {
  const { device } = attachment;
  if (device !== null && (await attacher.isPresent(device, ctx))) return device;
  const what = device === null ? "is not attached to this host" : `is not at ${device.path} any more`;
  throw ctx.fail("FAILED_PRECONDITION", "attachment-not-found", `the volume ${what}; attach it and mount with the record that you get`, { outcome: "none" });
}

function checkMountedThere(entry: MountEntry, request: MountVolumeRequest, device: Device, directory: string, ctx: CallContext): void {
  if (entry.number !== device.number) {
    const message = `${entry.source} (${entry.fsType}) is mounted at ${directory}; unmount it, or give another directory`;
    throw ctx.fail("FAILED_PRECONDITION", "directory-in-use", message, { outcome: "none", details: { source: entry.source, fsType: entry.fsType } });
  }
  if (isCompatibleMount(entry, request)) return;
  const how = `${entry.fsType}, ${entry.options.join(",")}`;
  const message = `the volume is mounted at ${directory} otherwise than asked (${how}); unmount it first`;
  throw ctx.fail("ALREADY_EXISTS", "mount-exists", message, { outcome: "none", details: { fsType: entry.fsType, options: entry.options } });
}

/** One writer means one mount, too; several read-only mounts of this mount namespace do not hurt each other. */
async function checkNotHeld(request: MountVolumeRequest, device: Device, mounts: readonly MountEntry[], ctx: CallContext): Promise<void> {
  const elsewhere = mounts.filter(({ number }) => number === device.number);
  if (elsewhere.length > 0) {
    if (wantsReadOnly(request) && elsewhere.every(isReadOnlyMount)) return;
    const where = elsewhere.map(({ mountPoint }) => mountPoint);
    const message = `the volume is mounted at ${where.join(", ")}; unmount it there first`;
    throw ctx.fail("FAILED_PRECONDITION", "already-mounted", message, { outcome: "none", details: { directories: where } });
  }
  const claimed = await claim(device.path);
  if (claimed === undefined) throw await deviceHeld(ctx, device.path, { doing: "cannot mount" });
  await claimed.release();
}

async function mountDevice(
  request: MountVolumeRequest,
  device: Device,
  fsType: "ext4" | "xfs",
  directory: string,
  lock: HostLock,
  ctx: CallContext,
): Promise<void> {
  await ctx.step("mount");
  const args = ["--no-canonicalize", "--types", fsType, "--options", mountOptions(request, fsType), "--source", device.path, "--target", directory];
  const result = await run(ctx, "mount", args, { lockFd: lock.fd });
  if (result.exitCode === 0) return;
  const why = complaint("mount", result).replace(`${directory}: `, "");
  const message = `cannot mount the ${fsType} file system of ${device.path} at ${directory}: ${why}; the kernel's log says more`;
  throw ctx.fail("FAILED_PRECONDITION", "mount-failed", message, { recovery: "operator", details: { device: basename(device.path) } });
}

const isMountPoint = async (directory: string): Promise<boolean> => (await readMounts()).some(({ mountPoint }) => mountPoint === directory);

const record = (
  { attachment }: MountVolumeRequest,
  device: Device,
  directory: string,
  entry: MountEntry,
  fsUuid: string,
  createdDirectory: boolean,
): MountRecord => ({
  type: "mount",
  version: 1,
  backend: attachment.backend,
  volumeId: attachment.attachment.volumeId,
  device,
  directory,
  fsType: entry.fsType,
  fsUuid,
  readOnly: isReadOnlyMount(entry),
  createdDirectory,
});
