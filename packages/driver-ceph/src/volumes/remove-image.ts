import type { Call } from "../call.js";
import type { Pool } from "../pool.js";
import { CommandFailure, errno, failedWith, unless } from "../transport/command-failure.js";

/** How long this process purges by itself before it hands the work to the cluster's manager. */
const ownPurgeMs = 3_000;

/** How often a name that moves away under the removal is looked up again. */
const renamesFollowed = 5;

/**
 * Takes an image that is decided to go out of RBD's directory: the name is free afterwards. Decided means that the caller
 * has seen to it that nobody can come to own the image any more. Safe to run twice at once and again after a crash: the mark
 * goes by id, and the move, which goes by name, only works on a marked image.
 * @param keepSeconds how long it can be had back
 */
export async function unlistImage(pool: Pool, call: Call, imageId: string, imageName: string, keepSeconds = 0): Promise<void> {
  await call.ctx.step("mark-doomed");
  await pool.rados.markDoomed(call, imageId);
  let name: string | undefined = imageName;
  for (let turn = 0; turn < renamesFollowed && name !== undefined; turn += 1) {
    await call.ctx.step("move-to-trash");
    // ENOENT: the name is gone. ENOSYS: it is another image's by now. The directory tells whether ours went or was renamed.
    const move = keepSeconds === 0 ? pool.rbd.trashDoomed(call, imageId, name) : pool.trash.moveDoomed(call, name, keepSeconds);
    const moved = await unless([errno.ENOENT, errno.ENOSYS], move.then(() => true));
    if (moved === true) return;
    name = await pool.rados.directoryNameOf(call, imageId);
  }
  if (name !== undefined) {
    throw new CommandFailure("rbd trash mv", undefined, `image ${name} is in RBD's directory and cannot be opened`);
  }
}

/**
 * Removes an image that is decided to go and holds no data, name and all. Cut off, it leaves either the image with its
 * mark or a half-made one, never anything in the trash.
 */
export async function removeEmptyImage(pool: Pool, call: Call, imageId: string, imageName: string): Promise<void> {
  await call.ctx.step("mark-doomed");
  await pool.rados.markDoomed(call, imageId);
  await call.ctx.step("remove-doomed");
  try {
    await unless([errno.ENOENT, errno.ENOSYS], pool.rbd.removeDoomed(call, imageId, imageName));
    await pool.rados.dropJunkHeader(call, imageId);
  } catch (thrown) {
    // A removal that was killed watches the image for another 30 s; the trash takes it all the same.
    if (!failedWith(thrown, errno.EBUSY)) throw thrown;
    await unlistImage(pool, call, imageId, imageName);
    await purgeImage(pool, call, imageId);
  }
}

/**
 * Removes an image from the trash for good, or has the cluster's manager do so where that takes long. Not there is success. A
 * transport that can purges when there is time: what lies in the trash with its mark is no volume any more, and is not forgotten.
 */
export async function purgeImage(pool: Pool, call: Call, imageId: string): Promise<void> {
  const { ctx } = call;
  await ctx.step("purge");
  if (pool.transport.purgeLater !== undefined) {
    pool.transport.purgeLater(imageId);
    return;
  }
  try {
    const purged = await unless([errno.ENOENT], pool.rbd.purge(call, imageId, Math.min(ownPurgeMs, ctx.remainingMs() / 2)).then(() => true));
    // Somebody else's purge may have ended before our mark was written, which then made an empty header again.
    if (purged === undefined) await pool.rados.dropJunkHeader(call, imageId);
  } catch (thrown) {
    if (!(thrown instanceof CommandFailure) || failedWith(thrown, errno.EPERM, errno.ENOTEMPTY)) throw thrown;
    const { pool: name, namespace } = pool.config;
    await ctx.step("hand-purge-to-manager");
    // ENOENT: another deleter, whose open image made ours fail, has purged it by now.
    const image = [name, ...(namespace === "" ? [] : [namespace]), imageId].join("/");
    const handed = await unless([errno.ENOENT], pool.cluster.addPurgeTask(call, image).then(() => true));
    if (handed === undefined) await pool.rados.dropJunkHeader(call, imageId);
  }
}
