import type { CallContext } from "../driver/call-context.js";
import type { AttachmentRecord } from "../model/attachment.js";
import type { MountRecord } from "../model/mount.js";
import type { Attacher } from "./attach.js";
import { run } from "./command.js";
import { createdDirectories } from "./mount-directory.js";
import { isReadOnlyMount, readMounts } from "./mountinfo.js";
import { readBlkid } from "./signatures.js";

/** Rebuilds the mount records of attachments from the kernel's mount table. */
export async function listMounts(
  records: readonly AttachmentRecord[],
  host: { readonly attacher: Attacher; readonly runtimeDir: string },
  ctx: CallContext,
): Promise<readonly MountRecord[]> {
  const mounts = await readMounts();
  const found: MountRecord[] = [];
  for (const { backend, attachment, device } of records) {
    const own = mounts.filter(({ number, root }) => number === device?.number && root === "/");
    if (device === null || own.length === 0 || !(await host.attacher.isPresent(device, ctx))) continue;
    const { volumeId } = attachment;
    const probe = await run(ctx, "blkid", ["--probe", "--output", "export", device.path]);
    const content = readBlkid(probe.exitCode, probe.stdout);
    const fsUuid = content?.kind === "file-system" ? content.fsUuid : "";
    for (const entry of own) {
      const { mountPoint: directory, fsType } = entry;
      const createdDirectory = await createdDirectories(host.runtimeDir).wasCreated(directory, volumeId);
      found.push({ type: "mount", version: 1, backend, volumeId, device, directory, fsType, fsUuid, readOnly: isReadOnlyMount(entry), createdDirectory });
    }
  }
  return found;
}
