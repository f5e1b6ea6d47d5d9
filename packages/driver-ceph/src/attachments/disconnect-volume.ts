import type { AttachmentId, DisconnectVolumeRequest } from "@opensds/core";
import type { Call } from "../call.js";
import type { Pool } from "../pool.js";
import { cells } from "../records/cells.js";
import { imageIdIn } from "../records/volume-id.js";

/** Removes the record of an attachment; every duplicate of it that a race has left goes too. Not there is success. */
export async function disconnectVolume(
  pool: Pool,
  request: DisconnectVolumeRequest,
  call: Call<"disconnectVolume">,
): Promise<void> {
  const imageId = imageIdIn(pool.place, request.volumeId);
  if (imageId === undefined) return;
  await breakAttachment(pool, call, imageId, request.attachmentId);
}

/** Frees the cell of an attachment, as often as it is held; not held is success. */
export async function breakAttachment(pool: Pool, call: Call, imageId: string, id: AttachmentId): Promise<void> {
  const lock = await pool.rados.readLock(call, imageId, cells.attachment);
  for (const locker of lock?.lockers ?? []) {
    if (locker.cookie !== id) continue;
    await call.ctx.step("remove-attachment");
    await pool.rados.breakLock(call, imageId, cells.attachment, locker);
  }
}
