import type { BackendCreateRequest } from "@opensds/core";
import { takeTurns } from "../bounded.js";
import type { Call } from "../call.js";
import type { CephEncryption } from "../config.js";
import { withPassphrase } from "../passphrase.js";
import { defaultObjectSizeBytes } from "../manifest.js";
import type { Pool } from "../pool.js";
import { expectedHeaderBytes } from "../records/encryption.js";
import { errno, failedWith } from "../transport/command-failure.js";
import { becomeVolume, nascentName, type ReadyImage } from "./nascent-image.js";

/** LUKS 2 makes guessing dear by taking up to a gigabyte of memory, and all cores for a second or two: more at once are no faster. */
const inTurn = takeTurns(2);

/**
 * Makes the image of a new volume and lets librbd encrypt it, so that what is behind the header has the size that was asked for. Encrypting
 * takes seconds, and an image that is not encrypted yet must be nobody's volume. False when the name is taken, or it came to nothing;
 * who asked looks again.
 */
export function makeEncryptedImage(pool: Pool, call: Call<"createVolume">, request: BackendCreateRequest, encryption: CephEncryption, imageName: string): Promise<false> {
  const name = nascentName(call, imageName);
  return becomeVolume(pool, call, request, name, imageName, () => prepare(pool, call, request.sizeBytes, encryption, name));
}

async function prepare(pool: Pool, call: Call<"createVolume">, sizeBytes: number, encryption: CephEncryption, name: string): Promise<ReadyImage> {
  const { ctx } = call;
  const { imageFeatures, objectSizeBytes, dataPool } = pool.config;
  const guessed = sizeBytes + expectedHeaderBytes(encryption.format, objectSizeBytes ?? defaultObjectSizeBytes);
  const form = { sizeBytes: guessed, features: imageFeatures, objectSizeBytes, dataPool };
  await ctx.step("create-image");
  await (dataPool === undefined ? pool.rbd.create(call, name, form) : pool.making.create(call, name, form));
  const made = await pool.rbd.infoByName(call, name);
  const fit = async (before: number, wanted: number): Promise<number> => {
    if (before === wanted) return wanted;
    await ctx.step("fit-header");
    await pool.encryption.resizeEmpty(call, name, wanted);
    return wanted;
  };
  // The cluster may have an object size of its own.
  const expected = await fit(guessed, sizeBytes + expectedHeaderBytes(encryption.format, made.objectSizeBytes));
  await ctx.step("encrypt");
  try {
    await inTurn(ctx.signal, () => withPassphrase(encryption, ctx, (path) => pool.encryption.format(call, name, encryption.format, path)));
  } catch (thrown) {
    if (!failedWith(thrown, errno.ENOTSUP)) throw thrown;
    const message = "librbd does not encrypt on this host, or no images with these features; leave `encryption` out, or install a librbd that does";
    throw ctx.fail("FAILED_PRECONDITION", "command-refused", message, { outcome: "none", recovery: "operator", cause: thrown });
  }
  const header = await pool.encryption.header(call, name);
  await fit(expected, sizeBytes + header.headerBytes);
  await ctx.step("record-encryption");
  await pool.encryption.record(call, made.id, header);
  return { imageId: made.id, encryption: header };
}
