import { randomUUID } from "node:crypto";
import type { RevertVolumeRequest, SouthboundError, Volume } from "@opensds/core";
import { hostsIn } from "../attachments/attachments.js";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, cellTag, decodeReverting, encodeReverting } from "../records/cells.js";
import { findSnapshot, noSuchSnapshot, type FoundSnapshot } from "./find-snapshot.js";
import { describe } from "../volumes/get-volume.js";
import type { Pool } from "../pool.js";
import { findVolume, noSuchVolume, requirePrimary, type FoundVolume } from "../volumes/require-volume.js";
import { errno, unless } from "../transport/command-failure.js";
import type { Lock } from "../transport/rados.js";
import { waitUntil } from "../volumes/unfinished-image.js";
import { endOf } from "../until.js";

/** How long a client may still have the image open that is about to close it: a command that has just ended, say. */
const closingMs = 2_000;

/**
 * Puts a volume back to a snapshot. Reverting writes its cell, then looks for attachments; attaching writes its cell, then looks for
 * reverts: at least one sees the other. A cell stays when its call was killed, so that nobody gets the mixture; the replay takes from
 * the dead call the permission to roll back, waits until nobody has the image open, and only then begins.
 */
export async function revertVolume(pool: Pool, request: RevertVolumeRequest, call: Call<"revertVolume">): Promise<Volume> {
  for (;;) {
    call.ctx.signal.throwIfAborted();
    const reverted = await revertOnce(pool, request, call);
    if (reverted !== undefined) return reverted;
  }
}

async function revertOnce(pool: Pool, request: RevertVolumeRequest, call: Call<"revertVolume">): Promise<Volume | undefined> {
  const { ctx } = call;
  const { volumeId } = request;
  const [volume, snapshot] = await together(findVolume(pool, call, volumeId), findSnapshot(pool, call, request.snapshotId));
  if (volume === undefined) throw noSuchVolume(pool, ctx, volumeId);
  if (snapshot === undefined) throw noSuchSnapshot(ctx, request.snapshotId);
  if (snapshot.imageId !== volume.imageId) throw ofOtherVolume(call, snapshot);
  if (snapshot.image.kind === "group") throw partOfGroup(call, snapshot);
  await requirePrimary(pool, call, volumeId, volume.info);
  const { imageId, info, view } = volume;
  const others = view.cells.get(cells.reverting);
  requireDetached(pool, call, request, imageId, view.cells.get(cells.attachment));
  if (others === undefined) await requireUnopened(pool, call, volume);

  const word = randomUUID();
  const sizeBytes = Math.max(info.sizeBytes, ...(others?.lockers ?? []).map((locker) => decodeReverting(locker).sizeBytes));
  const description = encodeReverting({ snapshotId: snapshot.snapshot.id, sizeBytes, until: endOf(call).toISOString() });
  await ctx.step("record-revert");
  await pool.rados.takeLock(call, imageId, cells.reverting, { exclusive: false, tag: cellTag, cookie: word, description });
  const [attachedNow, closing, reverting] = await together(
    pool.rados.readLock(call, imageId, cells.attachment),
    pool.rados.readLock(call, imageId, cells.closing),
    pool.rados.readLock(call, imageId, cells.reverting),
  );
  const earlier = (reverting?.lockers ?? []).filter(({ cookie }) => cookie !== word);
  const giveUp = async (): Promise<void> => {
    // Unless another revert has begun to write: then the bytes are a mixture, and its cell says so.
    for (const locker of reverting?.lockers ?? []) if (locker.cookie === word) await pool.rados.breakLock(call, imageId, cells.reverting, locker);
  };
  try {
    requireDetached(pool, call, request, imageId, attachedNow);
    if (closing !== undefined) throw deleting(call, request);
  } catch (refusal) {
    await giveUp();
    throw refusal;
  }

  for (const { cookie } of earlier) await pool.snapshots.revokeRollback(call, imageId, cookie);
  const isAlone = async (): Promise<boolean> => ((await unless([errno.ENOENT], pool.rbd.watchers(call, info.name, info.id))) ?? []).length === 0;
  if (earlier.length > 0) await waitUntil(call, ctx.remainingMs(), isAlone);
  await ctx.step("roll-back");
  // ENOENT: a later revert has taken the permission away, or the snapshot is gone. Looking again tells.
  const done = await unless([errno.ENOENT], pool.snapshots.rollback(call, imageId, snapshot.image.name, word).then(() => true));
  if (done === undefined) {
    await giveUp();
    return undefined;
  }
  if (snapshot.image.sizeBytes < sizeBytes) {
    await ctx.step("grow-back");
    await unless([errno.EINVAL], pool.making.resize(call, imageId, sizeBytes));
  }
  await ctx.step("end-revert");
  await pool.snapshots.revokeRollback(call, imageId, word);
  for (const locker of reverting?.lockers ?? []) await pool.rados.breakLock(call, imageId, cells.reverting, locker);
  const now = await findVolume(pool, call, volumeId);
  if (now === undefined) throw noSuchVolume(pool, ctx, volumeId);
  return describe(pool, now.view, now.request);
}

function requireDetached(pool: Pool, { ctx }: Call, { volumeId }: RevertVolumeRequest, imageId: string, attached: Lock | undefined): void {
  const hosts = hostsIn(pool, imageId, attached);
  if (hosts.length === 0) return;
  const message = `volume ${volumeId} is attached to ${hosts.join(", ")}; detach it there first`;
  throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: volumeId, outcome: "none", details: { hosts } });
}

/** Refuses an image that somebody has open, such as another tool. */
async function requireUnopened(pool: Pool, call: Call<"revertVolume">, { info, request: { name } }: FoundVolume): Promise<void> {
  let watchers: readonly string[] = [];
  const isClosed = async (): Promise<boolean> => {
    watchers = (await unless([errno.ENOENT], pool.rbd.watchers(call, info.name, info.id))) ?? [];
    return watchers.length === 0;
  };
  if (await waitUntil(call, closingMs, isClosed)) return;
  const message = `image ${info.name} is open at ${watchers.join(", ")}; close it there first (a client that died is forgotten after 30 s)`;
  throw call.ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: name, outcome: "none", details: { watchers } });
}

function ofOtherVolume({ ctx }: Call<"revertVolume">, { snapshot }: FoundSnapshot): SouthboundError {
  const message = `snapshot ${JSON.stringify(snapshot.name)} is of another volume; make a new volume of it instead`;
  const details = { sourceVolumeId: snapshot.sourceVolumeId };
  return ctx.fail("FAILED_PRECONDITION", "snapshot-of-other-volume", message, { resource: snapshot.id, outcome: "none", details });
}

function partOfGroup({ ctx }: Call<"revertVolume">, { snapshot }: FoundSnapshot): SouthboundError {
  const message = "the snapshot is part of a group's snapshot, and RBD puts no single volume back to that; make a new volume of it instead";
  return ctx.fail("FAILED_PRECONDITION", "snapshot-not-revertible", message, { resource: snapshot.id, outcome: "none" });
}

function deleting({ ctx }: Call<"revertVolume">, { volumeId }: RevertVolumeRequest): SouthboundError {
  const message = `volume ${volumeId} is being deleted`;
  return ctx.fail("FAILED_PRECONDITION", "volume-deleting", message, { resource: volumeId, outcome: "none", recovery: "wait-for-operation" });
}
