import type { BackendCreateRequest } from "@opensds/core";
import type { Call } from "../call.js";
import { snapshotsOf } from "../snapshots/find-snapshot.js";
import type { Pool } from "../pool.js";
import { becomeVolume, nascentName } from "./nascent-image.js";
import { imageBytes, type ImageEncryption } from "../records/encryption.js";
import { errno, unless } from "../transport/command-failure.js";
import type { CopySource, PlacedForm } from "../transport/rbd-making.js";

/** What to copy, and what the copy is to be. */
export interface CopyPlan {
  readonly source: CopySource;
  readonly form: Omit<PlacedForm, "sizeBytes">;
  /** How the source is encrypted, and with it the copy. */
  readonly encryption: ImageEncryption | undefined;
}

/**
 * Makes the image of a new volume as a copy of a snapshot that RBD clones nothing from, which is one that is part of a group's. False
 * when the name is taken, or it came to nothing; who asked looks again.
 */
export async function copyImage(pool: Pool, call: Call<"createVolume">, request: BackendCreateRequest, plan: CopyPlan, imageName: string): Promise<false> {
  const { ctx } = call;
  const { source, form, encryption } = plan;
  const name = nascentName(call, imageName);
  const isThere = async (): Promise<boolean> => (await snapshotsOf(pool, call, source.imageId)).some(({ id }) => id === source.snapshotNumber);
  await ctx.step("begin-copy");
  try {
    await pool.making.beginCopy(call, source, name, form);
  } catch (thrown) {
    if (await isThere()) throw thrown;
    return false;
  }
  return becomeVolume(pool, call, request, name, imageName, async () => {
    await ctx.step("run-copy");
    await pool.making.runCopy(call, name);
    await ctx.step("end-copy");
    await pool.making.endCopy(call, name);
    const made = await unless([errno.ENOENT], pool.rbd.infoByName(call, name));
    // What was read of a snapshot that was removed meanwhile may be anything. Numbers of snapshots are never used again.
    if (made === undefined || !(await isThere())) return undefined;
    // The source's older snapshots come along, and are nobody's in the copy.
    for (const { id } of await snapshotsOf(pool, call, made.id)) await pool.snapshots.remove(call, made.id, id);
    const wantedBytes = imageBytes(request.sizeBytes, { encryption });
    if (wantedBytes > made.sizeBytes) {
      await ctx.step("grow-copy");
      await pool.making.resize(call, made.id, wantedBytes);
    }
    if (encryption !== undefined) {
      await ctx.step("record-encryption");
      await pool.encryption.record(call, made.id, encryption);
    }
    return { imageId: made.id, encryption };
  });
}
