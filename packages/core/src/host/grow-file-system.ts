import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { Device } from "../model/attachment.js";
import { formatBytes } from "../model/size.js";
import { deviceBytes } from "./block-device.js";
import { complaint, run } from "./command.js";
import { growFailed } from "./grow-failed.js";
import { findMounts } from "./held.js";
import type { HostLock } from "./host-lock.js";
import { isReadOnlyMount, readMounts } from "./mountinfo.js";

/**
 * Grows the ext4 or xfs that is mounted from a device to the device's size, while it is in use. Nothing is mounted, or read-only:
 * nothing happens. The kernel does it step by step in the journal, so it may be killed at any moment.
 */
export async function growMounted(device: Device, lock: HostLock, ctx: CallContext): Promise<void> {
  const mounts = (await readMounts()).filter(({ number }) => number === device.number);
  const mount = mounts.find((entry) => !isReadOnlyMount(entry));
  if (mount === undefined) {
    const [elsewhere] = mounts.length === 0 ? await findMounts(device.path) : [];
    if (elsewhere === undefined) return;
    const message = `${device.path} has its new size, but its file system is ${elsewhere.what}; grow it there`;
    throw growFailed(ctx, message, "applied");
  }
  const { fsType, mountPoint } = mount;
  if (fsType === "xfs") {
    await ctx.step("grow-file-system");
    const result = await run(ctx, "xfs_growfs", ["-d", mountPoint], { lockFd: lock.fd, always: true });
    if (result.exitCode === 0) return;
    throw growFailed(ctx, `${device.path} has its new size, but the xfs at ${mountPoint} does not grow: ${complaint("xfs_growfs", result)}`, "applied");
  }
  if (fsType === "ext4") {
    await ctx.step("grow-file-system");
    const result = await run(ctx, "resize2fs", [device.path], { lockFd: lock.fd, always: true });
    if (result.exitCode === 0) return;
    const text = complaint("resize2fs", result);
    const what = `${device.path} has its new size, but the ext4 at ${mountPoint} does not grow while it is mounted: ${text}`;
    const mend = (await mayResizeExt4()) ? "the kernel's log says more" : "give the dock CAP_SYS_RESOURCE and call again, or unmount and mount the volume: mounting grows it";
    throw growFailed(ctx, `${what}; ${mend}`, "applied");
  }
}

/**
 * Grows an ext4 that is smaller than its device before it is mounted, where the kernel would not let us do it afterwards: it then
 * has to be checked first. A killed resize2fs leaves what `e2fsck -p` sometimes refuses and `e2fsck -y` mends without loss
 * (measured: 5 of 29, 29 of 29), so a note tells whether that was ours.
 */
export async function growBeforeMount(
  fileSystem: { readonly fsType: string; readonly fsUuid: string },
  device: Device,
  host: { readonly lock: HostLock; readonly runtimeDir: string },
  ctx: CallContext,
): Promise<void> {
  if (fileSystem.fsType !== "ext4" || (await mayResizeExt4())) return;
  const note = join(host.runtimeDir, "growing", fileSystem.fsUuid);
  const interrupted = await access(note).then(
    () => true,
    () => false,
  );
  if (!interrupted && !(await isExt4Smaller(device, host.lock, ctx))) return;
  await ctx.step("check-file-system");
  const check = await run(ctx, "e2fsck", ["-f", interrupted ? "-y" : "-p", device.path], { lockFd: host.lock.fd });
  // Bits: 1 and 2 are errors that it has mended.
  if (check.exitCode > 3) {
    const message = `the ext4 of ${device.path} has to be grown, and e2fsck cannot mend what it finds by itself: run e2fsck -f ${device.path}, then mount again`;
    throw ctx.fail("FAILED_PRECONDITION", "grow-failed", message, { outcome: "none", recovery: "operator", details: { exitCode: check.exitCode } });
  }
  await mkdir(join(host.runtimeDir, "growing"), { recursive: true, mode: 0o700 });
  await writeFile(note, device.path);
  await ctx.step("grow-file-system");
  const result = await run(ctx, "resize2fs", [device.path], { lockFd: host.lock.fd, always: true });
  if (result.exitCode !== 0) throw growFailed(ctx, `the ext4 of ${device.path} does not grow: ${complaint("resize2fs", result)}`);
  await rm(note, { force: true });
}

/** After mounting: what could not be grown before. The mount is good either way, so that it stays small is only said. */
export async function growAfterMount(fsType: string, device: Device, lock: HostLock, ctx: CallContext): Promise<void> {
  if (fsType === "ext4" && (!(await mayResizeExt4()) || !(await isExt4Smaller(device, lock, ctx)))) return;
  try {
    await growMounted(device, lock, ctx);
  } catch (error) {
    ctx.signal.throwIfAborted();
    ctx.log.warn(`mounted, but not grown: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Smaller by more than what ext4 leaves unused at its end: a last group that its own tables would fill. */
async function isExt4Smaller(device: Device, lock: HostLock, ctx: CallContext): Promise<boolean> {
  const result = await run(ctx, "dumpe2fs", ["-h", device.path], { lockFd: lock.fd });
  const [blocks, blockBytes] = ["Block count", "Block size"].map((field) => Number(new RegExp(`^${field}: +(\\d+)$`, "m").exec(result.stdout)?.[1] ?? "NaN"));
  if (result.exitCode !== 0 || blocks === undefined || blockBytes === undefined) {
    throw ctx.fail("UNAVAILABLE", "device-unreadable", `cannot read the ext4 of ${device.path}: ${complaint("dumpe2fs", result)}`, { outcome: "none" });
  }
  const missingBytes = (await deviceBytes(device.path)) - blocks * blockBytes;
  if (missingBytes < 2048 * blockBytes) return false;
  ctx.log.info(`the ext4 of ${device.path} lacks ${formatBytes(missingBytes)} of its device's size`);
  return true;
}

/** The kernel grows a mounted ext4 only for a process with CAP_SYS_RESOURCE, bit 24. */
async function mayResizeExt4(): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  return (BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`) & (1n << 24n)) !== 0n;
}
