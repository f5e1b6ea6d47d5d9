import type { CallContext } from "../driver/call-context.js";
import type { AttachmentRecord } from "../model/attachment.js";
import type { Attacher } from "./attach.js";
import { requireRoot } from "./command.js";
import { growMounted } from "./grow-file-system.js";
import { withHostLock } from "./host-lock.js";

/**
 * Lets a record's device, and the file system that is mounted from it here, follow the volume to a larger size. A file system that is
 * not mounted follows when it is mounted.
 */
export async function growAttachment(
  record: AttachmentRecord,
  host: { readonly attacher: Attacher; readonly runtimeDir: string },
  ctx: CallContext,
): Promise<AttachmentRecord> {
  requireRoot(ctx);
  const { attachment, device } = record;
  return withHostLock(ctx, host.runtimeDir, attachment.volumeId, async (lock) => {
    if (device === null || !(await host.attacher.isPresent(device, ctx))) {
      const what = device === null ? "is not attached to this host" : `is not at ${device.path} any more`;
      throw ctx.fail("FAILED_PRECONDITION", "attachment-not-found", `the volume ${what}; grow it with the record that listAttachments gives`, { outcome: "none" });
    }
    await host.attacher.grow(device, lock, ctx);
    await growMounted(device, lock, ctx);
    return record;
  });
}
