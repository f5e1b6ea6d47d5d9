import type { CallContext } from "../driver/call-context.js";
import { isReadOnlyMode } from "../model/attachment.js";
import type { FileSystemType, MountVolumeRequest } from "../model/mount.js";
import { isReadOnlyMount, type MountEntry } from "./mountinfo.js";

/** Options that would make another kind of mount, or that the request has a field for. */
const refused = /^(ro|rw|remount|bind|rbind|move|loop|offset|sizelimit|helper|uhelper|users?|owner|group|(make-)?r?(shared|private|slave|unbindable)|x-.*)$/i;

/** Whether the mount will be read-only: as asked, and always on a read-only attachment. */
export const wantsReadOnly = ({ attachment, readOnly }: MountVolumeRequest): boolean =>
  readOnly === true || attachment.device?.readOnly === true || isReadOnlyMode(attachment.attachment.mode);

/** Checks the form of a request: everything that can be said without looking at the host. */
export function checkMountRequest(request: MountVolumeRequest, ctx: CallContext): void {
  const bad = (reason: string, message: string): Error => ctx.fail("INVALID_ARGUMENT", reason, message, { outcome: "none" });
  if (!request.directory.startsWith("/") || request.directory.includes("\0") || request.directory.split("/").includes("..")) {
    throw bad("directory-not-absolute", `directory is ${JSON.stringify(request.directory)}; give an absolute path without ".."`);
  }
  for (const option of request.options ?? []) {
    const name = option.split("=", 1)[0] ?? "";
    if (/^[A-Za-z0-9_][\w.:=@%+/-]*$/.test(option) && !refused.test(name)) continue;
    throw bad("bad-mount-option", `the mount option ${JSON.stringify(option)} is not allowed; one plain option each, and read-only by readOnly`);
  }
  if (request.readOnly === false && wantsReadOnly(request)) {
    throw bad("bad-request", "readOnly is false, and the volume is attached read-only; attach it in a writing mode first");
  }
  if (request.attachment.attachment.mode === "multi-writer") {
    const message = "ext4 and xfs break when two hosts mount them; a volume attached multi-writer is for raw block use";
    throw ctx.fail("FAILED_PRECONDITION", "shared-file-system", message, { outcome: "none" });
  }
}

/** What is given to `mount -o`. */
export function mountOptions(request: MountVolumeRequest, fsType: FileSystemType): string {
  // A clone bears its source's UUID, and xfs refuses to mount the second of the two without nouuid.
  const own = [wantsReadOnly(request) ? "ro" : "rw", ...(fsType === "xfs" ? ["nouuid"] : [])];
  return [...own, ...(request.options ?? [])].join(",");
}

/** Options that the kernel shows again in the mount table exactly as they were given. */
const shown = new Set(["noatime", "nodiratime", "nosuid", "nodev", "noexec", "sync", "dirsync"]);

/** Whether a mount that is there is what the request asks for. */
export function isCompatibleMount(entry: MountEntry, request: MountVolumeRequest): boolean {
  const options = [...entry.options, ...entry.superOptions];
  return (
    isReadOnlyMount(entry) === wantsReadOnly(request) &&
    (request.fsType === undefined || request.fsType === entry.fsType) &&
    (request.options ?? []).every((option) => !shown.has(option) || options.includes(option))
  );
}
