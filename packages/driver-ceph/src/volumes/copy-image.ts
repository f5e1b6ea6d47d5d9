import { createHash, randomUUID } from "node:crypto";
import type { BackendCreateRequest } from "@opensds/core";
import type { Call } from "../call.js";
import { encodeRequest, newRequest } from "../records/cells.js";
import { snapshotsOf } from "../snapshots/find-snapshot.js";
import type { Pool } from "../pool.js";
import { purgeImage, unlistImage } from "./remove-image.js";
import { takeRequestCell } from "../records/request-cell.js";
import { errno, failedWith, unless } from "../transport/command-failure.js";
import type { CopySource } from "../transport/rbd-making.js";
import { endOf, hasPassed } from "../until.js";

/** Begins the names of images that are being copied; they are nobody's volume, and only `reconcile` looks for them. */
const copyPrefix = "opensds-copy.";

/**
 * Makes the image of a new volume as a copy of a snapshot that RBD clones nothing from, which is one that is part of a group's. The copy is
 * made under a name of its own that is never used again, gets its request there, and then its volume's name: under that name it is a volume
 * from the first moment on. False when the name is taken, or it came to nothing; who asked looks again.
 */
export async function copyImage(pool: Pool, call: Call<"createVolume">, request: BackendCreateRequest, source: CopySource, imageName: string): Promise<false> {
  const { ctx } = call;
  const { imageFeatures, objectSizeBytes, dataPool } = pool.config;
  const begins = copiesFor(imageName);
  const name = `${begins}${endOf(call).getTime().toString(36)}.${randomUUID().slice(0, 8)}`;
  const isThere = async (): Promise<boolean> => (await snapshotsOf(pool, call, source.imageId)).some(({ id }) => id === source.snapshotNumber);
  await ctx.step("begin-copy");
  try {
    await pool.making.beginCopy(call, source, name, { features: imageFeatures, objectSizeBytes, dataPool });
  } catch (thrown) {
    if (await isThere()) throw thrown;
    return false;
  }
  try {
    await ctx.step("run-copy");
    await pool.making.runCopy(call, name);
    await ctx.step("end-copy");
    await pool.making.endCopy(call, name);
    const made = await unless([errno.ENOENT], pool.rbd.infoByName(call, name));
    // What was read of a snapshot that was removed meanwhile may be anything. Numbers of snapshots are never used again.
    if (made === undefined || !(await isThere())) {
      await dropCopy(pool, call, name);
      return false;
    }
    if (request.sizeBytes > made.sizeBytes) {
      await ctx.step("grow-copy");
      await pool.making.resize(call, made.id, request.sizeBytes);
    }
    await ctx.step("record-request");
    await takeRequestCell(pool, call, made.id, encodeRequest(newRequest(request)));
    await ctx.step("name-copy");
    await pool.making.rename(call, name, imageName);
  } catch (thrown) {
    if (!ctx.signal.aborted) await dropCopy(pool, call, name);
    if (!failedWith(thrown, errno.EEXIST)) throw thrown;
  }
  // The name is taken now: whatever else was to get it never will.
  const others = (await pool.rbd.list(call)).filter((one) => one.startsWith(begins));
  for (const other of others) await dropCopy(pool, call, other);
  return false;
}

/** Begins the names of the copies that one new image is made of. */
const copiesFor = (imageName: string): string => `${copyPrefix}${createHash("sha256").update(imageName).digest("hex").slice(0, 16)}.`;

/** Whether an image is a copy on its way, by its name. */
export const isCopyName = (name: string): boolean => name.startsWith(copyPrefix);

/** Whether whoever makes the copy of this name has surely ended. */
export function isCopyOver(name: string): boolean {
  const time = Number.parseInt(name.slice(copyPrefix.length).split(".")[1] ?? "", 36);
  return Number.isSafeInteger(time) && hasPassed(new Date(time).toISOString());
}

/** Removes a copy that became no volume. Not there is success. */
export async function dropCopy(pool: Pool, call: Call, name: string): Promise<void> {
  await call.ctx.step("drop-copy");
  const aborted = await unless([errno.EINVAL, errno.ENOENT], pool.making.abortCopy(call, name).then(() => true));
  if (aborted === true) return;
  const info = await unless([errno.ENOENT], pool.rbd.infoByName(call, name));
  if (info === undefined) return;
  await unlistImage(pool, call, info.id, name);
  await purgeImage(pool, call, info.id);
}
