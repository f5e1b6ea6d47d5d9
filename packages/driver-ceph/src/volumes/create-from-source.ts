import { createHash, randomUUID } from "node:crypto";
import { formatBytes, type BackendCreateRequest, type VolumeSource } from "@opensds/core";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { copyImage } from "./copy-image.js";
import { parentOf } from "./end-image.js";
import { findSnapshot, helperPrefix, noSuchSnapshot, snapshotsOf } from "../snapshots/find-snapshot.js";
import type { Pool } from "../pool.js";
import { imageBytes, volumeBytes, type MaybeEncrypted } from "../records/encryption.js";
import { findVolume, noSuchVolume, requireOpen } from "./require-volume.js";
import { errno, failedWith, unless } from "../transport/command-failure.js";
import type { ImageInfo } from "../transport/rbd.js";
import { endOf } from "../until.js";

/** With so many layers an image would soon be one that kernels do not map: then the copying is not left to the manager. */
const mostLayers = 14;

type CreateCall = Call<"createVolume">;

/** A source as it was found: the image, and which of its snapshots. */
interface Origin extends MaybeEncrypted {
  readonly info: ImageInfo;
  readonly snapshotName: string;
  /** RBD's number of the snapshot; undefined for a helper, which is there for this clone alone. */
  readonly number?: number | undefined;
  /** That it is part of a group's snapshot, which RBD does not clone from. */
  readonly isPart?: boolean | undefined;
}

/**
 * Makes the image of a new volume as a clone of its source, of the size that is asked for, and encrypted as its source is; false when that came
 * to nothing and has to be begun again. A volume is cloned through a helper snapshot, which goes as soon as the clone is there: RBD keeps what
 * the clone needs.
 */
export async function cloneImage(
  pool: Pool,
  call: CreateCall,
  request: BackendCreateRequest,
  source: VolumeSource,
  imageName: string,
): Promise<MaybeEncrypted | false> {
  const { imageFeatures, objectSizeBytes, dataPool } = pool.config;
  const origin = await findOrigin(pool, call, request, source, imageName);
  const { encryption } = origin;
  // An encrypted image's data has to begin at a whole object, and where it begins stands in the header that comes along.
  const form = { features: imageFeatures, objectSizeBytes: encryption === undefined ? objectSizeBytes : origin.info.objectSizeBytes, dataPool };
  if (origin.isPart === true && origin.number !== undefined) {
    return copyImage(pool, call, request, { source: { imageId: origin.info.id, snapshotNumber: origin.number }, form, encryption }, imageName);
  }
  await call.ctx.step("clone-image");
  const from = { imageName: origin.info.name, snapshotName: origin.snapshotName };
  try {
    await pool.making.clone(call, from, imageName, form);
  } catch (thrown) {
    // The name is taken; or the source's, which it goes by, is another's or nobody's by now.
    if (failedWith(thrown, errno.EEXIST, errno.ENOENT)) return false;
    throw thrown;
  } finally {
    if (origin.number === undefined) await dropHelpers(pool, call, origin.info.id, imageName);
  }
  const made = await unless([errno.ENOENT], pool.rbd.infoByName(call, imageName));
  if (made === undefined || (await parentOf(pool, call, made.id))?.imageId !== origin.info.id) return false;
  // It was the snapshot that was asked for if that is still there: names are used again, numbers are not.
  if (origin.number !== undefined && !(await snapshotsOf(pool, call, origin.info.id)).some(({ id }) => id === origin.number)) return false;
  const wantedBytes = imageBytes(request.sizeBytes, origin);
  if (wantedBytes > made.sizeBytes) {
    await standAlone(pool, call, made, origin);
    await call.ctx.step("grow-clone");
    await unless([errno.EINVAL, errno.ENOENT], pool.making.resize(call, made.id, wantedBytes));
  }
  if (encryption === undefined) return {};
  await call.ctx.step("record-encryption");
  await pool.encryption.record(call, made.id, encryption);
  return { encryption };
}

/**
 * Copies what an encrypted clone has from its source, before the clone grows. librbd 1.16 takes the end of what the two share by the image's bytes, and
 * so looks for as many of the volume's behind its source's end as the header is long: it answers their reads with EINVAL.
 */
export async function standAlone(pool: Pool, call: Call, image: Pick<ImageInfo, "id" | "isClone">, { encryption }: MaybeEncrypted): Promise<void> {
  if (encryption === undefined || !image.isClone) return;
  await call.ctx.step("flatten");
  await unless([errno.EINVAL, errno.ENOENT], pool.making.flatten(call, image.id));
}

async function findOrigin(pool: Pool, call: CreateCall, request: BackendCreateRequest, source: VolumeSource, imageName: string): Promise<Origin> {
  const { ctx } = call;
  if (source.kind === "snapshot") {
    const found = await findSnapshot(pool, call, source.snapshotId);
    const info = found && (await pool.images.byId(call, found.imageId, []))?.info;
    if (found === undefined || info === undefined) throw noSuchSnapshot(ctx, source.snapshotId);
    requireEncrypted(pool, call, request, found);
    requireRoom(call, request, found.snapshot.sizeBytes);
    return { info, snapshotName: found.image.name, number: found.image.id, isPart: found.image.kind === "group", encryption: found.encryption };
  }
  const volume = await findVolume(pool, call, source.volumeId);
  if (volume === undefined) throw noSuchVolume(pool, ctx, source.volumeId);
  requireOpen(ctx, source.volumeId, volume.view);
  requireEncrypted(pool, call, request, volume.request);
  requireRoom(call, request, volumeBytes(volume.info.sizeBytes, volume.request));
  const snapshotName = `${helpersFor(imageName)}.${endOf(call).getTime().toString(36)}.${randomUUID().slice(0, 8)}`;
  await ctx.step("cut-helper");
  await pool.snapshots.create(call, volume.imageId, snapshotName);
  return { info: volume.info, snapshotName, encryption: volume.request.encryption };
}

/** Begins the names of the helper snapshots that one new image is cloned through. */
const helpersFor = (imageName: string): string => helperPrefix + createHash("sha256").update(imageName).digest("hex").slice(0, 16);

/** When whoever cut a helper snapshot has surely ended; undefined for a snapshot that is none. */
export function helperEnds(snapshotName: string): Date | undefined {
  const [, time] = /^opensds-clone\.[0-9a-f]{16}\.([0-9a-z]+)\./.exec(snapshotName) ?? [];
  return time === undefined ? undefined : new Date(Number.parseInt(time, 36));
}

/** Removes the helpers of one new image, also those that killed calls have left. */
async function dropHelpers(pool: Pool, call: Call, imageId: string, imageName: string): Promise<void> {
  const helpers = (await snapshotsOf(pool, call, imageId)).filter(({ kind, name }) => kind === "user" && name.startsWith(`${helpersFor(imageName)}.`));
  await mapBounded(helpers, 4, ({ id }) => pool.snapshots.remove(call, imageId, id));
}

/** A clone shares its source's bytes as they are, so that what is not encrypted does not become so. */
function requireEncrypted({ config }: Pool, { ctx }: CreateCall, { name }: BackendCreateRequest, source: MaybeEncrypted): void {
  if (config.encryption === undefined || source.encryption !== undefined) return;
  const message = `volume ${JSON.stringify(name)} would be encrypted, and its source is not; make it without a source and copy the data, or make it on a backend without encryption`;
  throw ctx.fail("FAILED_PRECONDITION", "source-not-encrypted", message, { resource: name, outcome: "none" });
}

function requireRoom({ ctx }: CreateCall, { name, sizeBytes }: BackendCreateRequest, needed: number): void {
  if (needed <= sizeBytes) return;
  const message = `volume ${JSON.stringify(name)} of ${formatBytes(sizeBytes)} cannot hold its source, which has ${formatBytes(needed)}; ask for at least that`;
  throw ctx.fail("OUT_OF_RANGE", "size-below-source", message, { resource: name, outcome: "none", details: { sourceSizeBytes: needed } });
}

/**
 * Keeps chains of clones short: from `flattenAtLayers` on the manager copies what a clone has from its source, while it is in use already;
 * near the most that kernels map, this call does. Harmless where it was begun before.
 */
export async function keepShallow(pool: Pool, call: Call, image: ImageInfo): Promise<void> {
  const layers = await layersOf(pool, call, image.id);
  if (layers < pool.config.flattenAtLayers) return;
  const { pool: name, namespace } = pool.config;
  const spec = [name, ...(namespace === "" ? [] : [namespace]), image.name].join("/");
  await call.ctx.step("flatten");
  if (layers < mostLayers) await pool.facts.addFlattenTask(call, spec);
  else await unless([errno.EINVAL], pool.making.flatten(call, image.id));
}

/** How many images a clone stands on. */
async function layersOf(pool: Pool, call: Call, imageId: string): Promise<number> {
  let layers = 0;
  for (let parent = await parentOf(pool, call, imageId); parent !== undefined; layers += 1) parent = await parentOf(pool, call, parent.imageId);
  return layers;
}
