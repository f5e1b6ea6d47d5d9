import type { BackendFacets, CreateSnapshotRequest, DeleteSnapshotRequest, GetSnapshotRequest, Snapshot } from "@opensds/core";
import type { Bind } from "../bind.js";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, decodeReverting } from "../records/cells.js";
import { findSnapshot, findSnapshotNamed, isOurs, noSuchSnapshot, ourSnapshots, snapshotsOf } from "./find-snapshot.js";
import { imageNameOf } from "../records/image-name.js";
import { listSnapshotPage } from "./list-snapshots.js";
import { claimName, claimsIn, claimsOn, dropClaims, isOver, slotOf, untilNamed, type Claim } from "../records/name-register.js";
import type { Pool } from "../pool.js";
import { findVolume, noSuchVolume, requireOpen, requirePrimary } from "../volumes/require-volume.js";
import { revertVolume } from "./revert-volume.js";
import { snapshotKeyIn } from "../records/snapshot-id.js";
import { requireFewer } from "./snapshot-limit.js";
import { errno, unless } from "../transport/command-failure.js";
import { waitUntil } from "../volumes/unfinished-image.js";
import { imageIdIn } from "../records/volume-id.js";

const register = "opensds.snapshot";

/** Snapshots of the volumes' images: RBD's own, which hold a moment of the image and share what has not changed since. */
export function snapshotFacet(bind: Bind): BackendFacets["snapshots"] {
  return {
    createSnapshot: bind(createSnapshot),
    getSnapshot: bind(getSnapshot),
    listSnapshotPage: bind(listSnapshotPage),
    deleteSnapshot: bind(deleteSnapshot),
    revertVolume: bind(revertVolume),
  };
}

/** Cuts a snapshot, or returns the one that the same request cut. */
function createSnapshot(pool: Pool, request: CreateSnapshotRequest, call: Call<"createSnapshot">): Promise<Snapshot> {
  return untilNamed(call, () => createOnce(pool, request, call));
}

async function createOnce(pool: Pool, request: CreateSnapshotRequest, call: Call<"createSnapshot">): Promise<Snapshot | undefined> {
  const { ctx } = call;
  const imageId = imageIdIn(pool.place, request.sourceVolumeId);
  if (imageId === undefined) throw noSuchVolume(pool, ctx, request.sourceVolumeId);
  const [before, volume, there] = await together(
    claimsOn(pool, call, register, request.name),
    findVolume(pool, call, request.sourceVolumeId),
    snapshotsOf(pool, call, imageId),
  );
  await refuseTaken(pool, request, call, imageId, before);
  if (volume === undefined) throw noSuchVolume(pool, ctx, request.sourceVolumeId);
  requireOpen(ctx, request.sourceVolumeId, volume.view);
  await requirePrimary(pool, call, request.sourceVolumeId, volume.info);

  const rbdName = imageNameOf(request.name);
  const isThere = there.some((one) => isOurs(one) && one.name === rbdName);
  if (!isThere) requireFewer(pool, call, request.sourceVolumeId, there);
  // A killed call's claim may be taken away at any moment; that of a snapshot which is there may not.
  if (before.every((claim) => claim.holder !== imageId || (!isThere && isOver(claim)))) {
    await ctx.step("claim-name");
    await claimName(pool, call, register, request.name, imageId);
    const now = await claimsOn(pool, call, register, request.name);
    // Those of others that were there before were found to be over.
    if (now.some(({ holder, locker }) => holder !== imageId && before.every((one) => one.locker.cookie !== locker.cookie))) {
      await dropOwn(pool, call, request.name, imageId);
      return undefined;
    }
  }
  if (!isThere) {
    await ctx.step("cut-snapshot");
    // An image that a deleter has taken meanwhile: what is claimed for it is dropped below.
    await unless([errno.EEXIST, errno.ENOENT], pool.snapshots.create(call, imageId, rbdName));
  }
  return confirm(pool, request, call, imageId);
}

/** A snapshot is made when its name is still claimed for it and its volume is still one. */
async function confirm(pool: Pool, request: CreateSnapshotRequest, call: Call<"createSnapshot">, imageId: string): Promise<Snapshot | undefined> {
  const [claims, view, found] = await together(
    claimsOn(pool, call, register, request.name),
    pool.images.byId(call, imageId, [cells.closing]),
    ourSnapshots(pool, call, imageId),
  );
  const made = found.find(({ snapshot }) => snapshot.name === request.name);
  if (view === undefined || view.cells.has(cells.closing)) {
    // A deleter closed the volume before it could see the snapshot, or will see it: either way it goes.
    if (made !== undefined) await pool.snapshots.remove(call, imageId, made.image.id);
    await dropClaims(pool, call, register, claims.filter(({ holder }) => holder === imageId));
    if (view === undefined) throw noSuchVolume(pool, call.ctx, request.sourceVolumeId);
    requireOpen(call.ctx, request.sourceVolumeId, view);
  }
  return claims.some(({ holder }) => holder === imageId) ? made?.snapshot : undefined;
}

/** Refuses a name that another volume's snapshot has; waits for one that is being made. */
async function refuseTaken(
  pool: Pool,
  request: CreateSnapshotRequest,
  call: Call<"createSnapshot">,
  imageId: string,
  claims: readonly Claim[],
): Promise<void> {
  const others = claims.filter(({ holder }) => holder !== imageId);
  if (others.length === 0) return;
  const { ctx } = call;
  const settled = async (): Promise<boolean> => {
    const taken = await findSnapshotNamed(pool, call, request.name);
    if (taken !== undefined && taken.imageId !== imageId) {
      const message = `snapshot ${JSON.stringify(request.name)} is there already, of another volume; use another name, or delete it first`;
      const details = { snapshotId: taken.snapshot.id, sourceVolumeId: taken.snapshot.sourceVolumeId };
      throw ctx.fail("ALREADY_EXISTS", "snapshot-exists", message, { resource: request.name, outcome: "none", details });
    }
    const now = await claimsOn(pool, call, register, request.name);
    return now.every((claim) => claim.holder === imageId || isOver(claim));
  };
  if (await waitUntil(call, pool.config.unfinishedAfterMs, settled)) {
    await dropClaims(pool, call, register, others.filter(isOver));
    return;
  }
  const message = `another call is making snapshot ${JSON.stringify(request.name)} of another volume, or was cut off; retry later, or take another name`;
  throw ctx.fail("ABORTED", "operation-pending", message, { resource: request.name, outcome: "none" });
}

async function dropOwn(pool: Pool, call: Call, name: string, imageId: string): Promise<void> {
  const own = (await claimsOn(pool, call, register, name)).filter(({ holder }) => holder === imageId);
  await dropClaims(pool, call, register, own);
}

async function getSnapshot(pool: Pool, request: GetSnapshotRequest, call: Call<"getSnapshot">): Promise<Snapshot> {
  // Parts of a group's snapshot have their id as their name.
  const found = (request.id === undefined ? await findSnapshotNamed(pool, call, request.name) : undefined) ?? (await findSnapshot(pool, call, request.id ?? request.name));
  if (found === undefined) throw noSuchSnapshot(call.ctx, request.id ?? request.name);
  return found.snapshot;
}

/** Removes the snapshot, then the claim on its name. Volumes that were cloned from it keep what they need of it. */
async function deleteSnapshot(pool: Pool, { id }: DeleteSnapshotRequest, call: Call<"deleteSnapshot">): Promise<void> {
  const key = snapshotKeyIn(pool.place, id);
  if (key === undefined) return;
  const { imageId } = key;
  const { ctx } = call;
  const [there, reverting] = await together(snapshotsOf(pool, call, imageId), pool.rados.readLock(call, imageId, cells.reverting));
  if (there.some((one) => one.id === key.number && one.kind === "group")) {
    const message = "the snapshot is part of a group's snapshot, which is there as a whole or not at all; delete that";
    throw ctx.fail("FAILED_PRECONDITION", "snapshot-in-use", message, { resource: id, outcome: "none" });
  }
  const snapshot = there.find((one) => one.id === key.number && isOurs(one));
  if (snapshot !== undefined) {
    if (reverting?.lockers.some((locker) => decodeReverting(locker).snapshotId === id) === true) {
      const message = "the volume is being put back to this snapshot; where no revertVolume runs any more, call it again first";
      throw ctx.fail("FAILED_PRECONDITION", "snapshot-in-use", message, { resource: id, outcome: "none" });
    }
    await ctx.step("remove-snapshot");
    await pool.snapshots.remove(call, imageId, snapshot.id);
  }
  // Also when it was removed before: whoever did may have been killed before the name was free.
  const rbdNames = new Set((await snapshotsOf(pool, call, imageId)).filter(isOurs).map(({ name }) => name));
  const stale = (await claimsIn(pool, call, register, key.slot)).filter(
    ({ holder, name }) => holder === imageId && slotOf(name) === key.slot && !rbdNames.has(imageNameOf(name)),
  );
  if (stale.length === 0) return;
  await ctx.step("free-name");
  await dropClaims(pool, call, register, stale);
}
