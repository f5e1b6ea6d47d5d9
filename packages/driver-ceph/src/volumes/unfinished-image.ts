import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "../call.js";
import { cells, decodeRequest } from "../records/cells.js";
import { requestOf } from "./get-volume.js";
import type { Pool } from "../pool.js";
import { purgeImage, unlistImage } from "./remove-image.js";
import { errno, unless } from "../transport/command-failure.js";

const lookAgainMs = 100;

/** Waits until something holds or the time is over; tells which. */
export async function waitUntil(call: Call, atMostMs: number, holds: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + atMostMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() >= end) return false;
    await sleep(lookAgainMs, undefined, { signal: call.ctx.signal });
  }
}

/**
 * Deals with a name that RBD calls taken though no image opens under it: another process is making the image, or was killed
 * while making or removing it. Returns when creating may be tried again.
 */
export async function clearHalfMade(pool: Pool, call: Call, imageName: string): Promise<void> {
  const { ctx } = call;
  const imageId = await pool.rados.directoryIdOf(call, imageName);
  if (imageId === undefined) {
    // Not in the directory: the name's object alone is left, or the image has just gone. A create tells which.
    await waitUntil(call, lookAgainMs, () => Promise.resolve(false));
    return;
  }
  const settled = async (): Promise<boolean> =>
    (await unless([errno.ENOENT], pool.rbd.infoByName(call, imageName))) !== undefined ||
    (await pool.rados.directoryIdOf(call, imageName)) !== imageId;
  if (await waitUntil(call, pool.config.unfinishedAfterMs, settled)) return;

  if ((await unless([errno.ENOENT], pool.rbd.infoById(call, imageId))) === undefined) {
    await ctx.step("remove-half-made");
    // ENOSYS: it can be opened by now, so it is not half-made any more.
    await unless([errno.ENOENT, errno.ENOSYS], pool.rbd.removeDoomed(call, imageId, imageName));
    await pool.rados.dropJunkHeader(call, imageId);
    return;
  }
  // The image opens by its id, not by its name: a move to the trash was killed half-way.
  if (await isDecidedToGo(pool, call, imageId)) {
    await unlistImage(pool, call, imageId, imageName);
    await purgeImage(pool, call, imageId);
    return;
  }
  if ((await requestOf(pool, call, imageId)) !== undefined) {
    // It is a volume. A removal by name that came late, or another tool's that was cut off, has taken its name's object.
    await ctx.step("restore-name");
    await pool.rados.restoreName(call, imageId, imageName);
    return;
  }
  const where = `${pool.config.pool}/${imageName}`;
  throw ctx.fail(
    "FAILED_PRECONDITION",
    "image-damaged",
    `image ${where} is in RBD's directory but does not open by its name; another tool's move to the trash was cut off: finish it with \`rbd trash mv ${where}\``,
    { outcome: "none", recovery: "operator", details: { image: imageName, imageId } },
  );
}

/** Whether an image's removal was decided: by a delete that got past its checks, or by a create that gave it up. */
export async function isDecidedToGo(pool: Pool, call: Call, imageId: string): Promise<boolean> {
  const locker = (await pool.rados.readLock(call, imageId, cells.request))?.lockers[0];
  if (locker !== undefined && decodeRequest(locker) === undefined) return true;
  return pool.rados.isDoomed(call, imageId);
}
