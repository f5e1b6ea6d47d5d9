import { createHash, randomUUID } from "node:crypto";
import type { BackendCreateRequest } from "@opensds/core";
import type { Call } from "../call.js";
import { encodeRequest, newRequest } from "../records/cells.js";
import type { MaybeEncrypted } from "../records/encryption.js";
import type { Pool } from "../pool.js";
import { purgeImage, unlistImage } from "./remove-image.js";
import { takeRequestCell } from "../records/request-cell.js";
import { CommandFailure, errno, failedWith, unless } from "../transport/command-failure.js";
import { endOf, hasPassed } from "../until.js";

/*
 * An image that takes long to make is made under a name of its own that is never used again, gets its request there, and then its volume's
 * name: under that name it is a volume from the first moment on. Until then it is nobody's volume, and only `reconcile` looks for it.
 */

const prefix = "opensds-copy.";

/** Begins the names of the images that are made for one volume's name. */
const prefixFor = (imageName: string): string => `${prefix}${createHash("sha256").update(imageName).digest("hex").slice(0, 16)}.`;

/** A name for an image that is to become the volume of this name: with it stands when whoever makes it has surely ended. */
export const nascentName = (call: Call, imageName: string): string =>
  `${prefixFor(imageName)}${endOf(call).getTime().toString(36)}.${randomUUID().slice(0, 8)}`;

/** Whether an image is on its way to becoming a volume, by its name. */
export const isNascentName = (name: string): boolean => name.startsWith(prefix);

/** Whether whoever makes the image of this name has surely ended. */
export function isNascentOver(name: string): boolean {
  const time = Number.parseInt(name.slice(prefix.length).split(".")[1] ?? "", 36);
  return Number.isSafeInteger(time) && hasPassed(new Date(time).toISOString());
}

/** An image that has all that it needs to be a volume, but for its request and its name. */
export interface ReadyImage extends MaybeEncrypted {
  readonly imageId: string;
}

/**
 * Prepares an image and makes it the volume that was asked for. Always false: the name is taken, or it came to nothing; who asked looks
 * again. What came to nothing goes.
 * @param name the image's name until then
 * @param prepare undefined when it came to nothing
 */
export async function becomeVolume(
  pool: Pool,
  call: Call<"createVolume">,
  request: BackendCreateRequest,
  name: string,
  imageName: string,
  prepare: () => Promise<ReadyImage | undefined>,
): Promise<false> {
  const { ctx } = call;
  let ready: ReadyImage | undefined;
  try {
    ready = await prepare();
    if (ready === undefined) {
      await dropNascent(pool, call, name);
      return false;
    }
    await ctx.step("record-request");
    await takeRequestCell(pool, call, ready.imageId, encodeRequest(newRequest(request, ready.encryption)));
    await ctx.step("name-copy");
    await pool.making.rename(call, name, imageName);
  } catch (thrown) {
    if (ctx.signal.aborted) throw thrown;
    await dropNascent(pool, call, name);
    if (ready !== undefined) await pool.rados.dropJunkHeader(call, ready.imageId);
    // Whoever was quicker has dropped ours, at whatever it was.
    const isTaken = failedWith(thrown, errno.EEXIST) || (thrown instanceof CommandFailure && (await pool.rados.directoryIdOf(call, imageName)) !== undefined);
    if (!isTaken) throw thrown;
  }
  // The name is taken now: whatever else was to get it never will.
  const others = (await pool.rbd.list(call)).filter((one) => one.startsWith(prefixFor(imageName)));
  for (const other of others) await dropNascent(pool, call, other);
  return false;
}

/** Removes an image that became no volume. Not there is success. */
export async function dropNascent(pool: Pool, call: Call, name: string): Promise<void> {
  await call.ctx.step("drop-copy");
  const aborted = await unless([errno.EINVAL, errno.ENOENT], pool.making.abortCopy(call, name).then(() => true));
  if (aborted === true) return;
  const info = await unless([errno.ENOENT], pool.rbd.infoByName(call, name));
  if (info === undefined) return;
  await unlistImage(pool, call, info.id, name);
  await purgeImage(pool, call, info.id);
}
