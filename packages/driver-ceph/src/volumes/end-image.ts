import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { snapshotsOf } from "../snapshots/find-snapshot.js";
import { requestOf } from "./get-volume.js";
import { isOurImageName } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import { purgeImage } from "./remove-image.js";
import { errno, failedWith, unless } from "../transport/command-failure.js";
import type { ImageParent } from "../transport/rbd-details.js";

/** The image that a clone stands on; undefined for one that is no clone, or not there. */
export async function parentOf(pool: Pool, call: Call, imageId: string): Promise<ImageParent | undefined> {
  const info = await unless([errno.ENOENT], pool.rbd.infoById(call, imageId));
  return info?.isClone === true ? (await unless([errno.ENOENT], pool.details.of(call, imageId)))?.parent : undefined;
}

/**
 * Purges an image that is doomed and in the trash, and after it the deleted ones that were kept for it alone. One that others were cloned
 * from stays until the last of those has gone.
 * @param force also where it is kept for a while yet
 */
export async function endImage(pool: Pool, call: Call, imageId: string, parent: ImageParent | undefined, force = false): Promise<void> {
  await purgeWhole(pool, call, imageId, force);
  if (parent?.pool !== pool.config.pool || parent.namespace !== pool.config.namespace) return;
  const { imageId: parentId } = parent;
  if ((await pool.rados.directoryNameOf(call, parentId)) !== undefined || !(await pool.rados.isDoomed(call, parentId))) return;
  const isGivenUp = (await requestOf(pool, call, parentId)) === undefined;
  if (!isGivenUp && (await isKept(pool, call, parentId))) return;
  await endImage(pool, call, parentId, await parentOf(pool, call, parentId), isGivenUp);
}

/** Whether an image in the trash may still be had back. */
export async function isKept(pool: Pool, call: Call, imageId: string): Promise<boolean> {
  const trashed = (await pool.trash.list(call)).find(({ id }) => id === imageId);
  return trashed?.keptUntil !== undefined && trashed.keptUntil.getTime() > Date.now();
}

async function purgeWhole(pool: Pool, call: Call, imageId: string, force: boolean): Promise<void> {
  try {
    await purge(pool, call, imageId, force);
  } catch (thrown) {
    if (!failedWith(thrown, errno.ENOTEMPTY)) throw thrown;
    // A killed call cut a snapshot when the volume was about to go. Those that only clones keep go with the last clone.
    const snapshots = await snapshotsOf(pool, call, imageId);
    const left = snapshots.filter(({ kind }) => kind === "user");
    await mapBounded(left, 4, ({ id }) => pool.snapshots.remove(call, imageId, id));
    if (left.length === 0) return;
    if ((await snapshotsOf(pool, call, imageId)).length > 0) return;
    await purge(pool, call, imageId, force);
  }
}

const purge = (pool: Pool, call: Call, imageId: string, force: boolean): Promise<void> =>
  force ? pool.trash.purgeNow(call, imageId) : purgeImage(pool, call, imageId);

/** How many deleted volumes one call purges on the side whose time in the trash is over. */
const overdueAtOnce = 3;

/** Purges some of the deleted volumes whose time in the trash is over. */
export async function purgeOverdue(pool: Pool, call: Call): Promise<void> {
  const overdue = (await pool.trash.list(call)).filter(({ name, keptUntil }) => isOurImageName(name) && keptUntil === undefined);
  for (const { id } of overdue.slice(0, overdueAtOnce)) {
    if (await pool.rados.isDoomed(call, id)) await endImage(pool, call, id, await parentOf(pool, call, id));
  }
}
