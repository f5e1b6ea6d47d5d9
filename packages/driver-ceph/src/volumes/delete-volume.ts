import { randomUUID } from "node:crypto";
import type { DeleteVolumeRequest, SouthboundError } from "@opensds/core";
import { hostsIn } from "../attachments/attachments.js";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, cellTag, decodeClosing, decodeRequest, encodeClosing, isUnmanaging } from "../records/cells.js";
import { endImage, isKept, parentOf, purgeOverdue } from "./end-image.js";
import { countBinding } from "../snapshots/find-snapshot.js";
import { leaveGroups } from "../groups/group-members.js";
import type { Pool } from "../pool.js";
import { purgeImage, unlistImage } from "./remove-image.js";
import { notPrimary } from "./require-volume.js";
import { errno, unless } from "../transport/command-failure.js";
import type { Lock } from "../transport/rados.js";
import type { ImageInfo } from "../transport/rbd.js";
import { imageIdIn } from "../records/volume-id.js";

/**
 * How long after its deadline a deleting call may still be believed to be at work: clocks differ, and a command that
 * outlives its process ends by its own time limit.
 */
const lateMs = 30_000;

/**
 * Deletes a volume: closes it to attachments, looks for users, takes it out of RBD's directory, purges it. Every deleter
 * closes it with a cell of its own, so that one which finds a user and reopens it does not reopen it for another.
 */
export async function deleteVolume(
  pool: Pool,
  request: DeleteVolumeRequest,
  call: Call<"deleteVolume">,
): Promise<void> {
  const { ctx } = call;
  const imageId = imageIdIn(pool.place, request.id);
  if (imageId === undefined) return;
  const [imageName, held] = await together(
    pool.rados.directoryNameOf(call, imageId),
    pool.rados.readLocks(call, imageId, [cells.request, cells.attachment]),
  );
  if (imageName === undefined) {
    await finishUnlisted(pool, call, imageId);
    return;
  }
  // Without a request, or with one given up, the image is no volume: nothing is there to delete.
  const requestLocker = held.get(cells.request)?.lockers[0];
  if (requestLocker === undefined || decodeRequest(requestLocker) === undefined) return;

  const early = whoHas(pool, call, request, hostsIn(pool, imageId, held.get(cells.attachment)));
  if (early !== undefined) {
    await reopen(pool, call, imageId);
    throw early;
  }

  const cookie = randomUUID();
  await ctx.step("close");
  await pool.rados.takeLock(call, imageId, cells.closing, {
    exclusive: false,
    tag: cellTag,
    cookie,
    description: encodeClosing(new Date(Date.now() + ctx.remainingMs() + lateMs)),
  });
  const [found, isGrouped] = await together(findUser(pool, call, request, imageId, imageName), pool.rados.isGrouped(call, imageId));
  if (found === "gone") {
    await finishUnlisted(pool, call, imageId);
    return;
  }
  // A deleter that got past its checks since has the image open by now: that is no user.
  if (found.user !== undefined && !(await pool.rados.isDoomed(call, imageId))) {
    await ctx.step("reopen");
    await reopen(pool, call, imageId, cookie);
    throw found.user;
  }
  if (isGrouped) await leaveGroups(pool, call, imageId);
  const [parent] = await together(
    found.isClone ? parentOf(pool, call, imageId) : Promise.resolve(undefined),
    unlistImage(pool, call, imageId, imageName, pool.config.trashSeconds),
  );
  if (pool.config.trashSeconds === 0) await endImage(pool, call, imageId, parent);
  else await purgeOverdue(pool, call);
}

/** Who stands in the way of deleting a closed volume, if anybody; `gone` when another deleter has been quicker. */
async function findUser(
  pool: Pool,
  call: Call<"deleteVolume">,
  request: DeleteVolumeRequest,
  imageId: string,
  imageName: string,
): Promise<{ readonly user: SouthboundError | undefined; readonly isClone: boolean } | "gone"> {
  const [held, info, watchers, doomed, listedAs] = await together(
    pool.rados.readLocks(call, imageId, [cells.attachment, cells.closing]),
    unless([errno.ENOENT], pool.rbd.infoById(call, imageId)),
    unless([errno.ENOENT], pool.rbd.watchers(call, imageName, imageId)),
    pool.rados.isDoomed(call, imageId),
    pool.rados.directoryNameOf(call, imageId),
  );
  if (info === undefined || listedAs === undefined) return "gone";
  // Another deleter got past its checks: that is final, and what shows now is that deleter or an attach that takes itself back.
  const user = doomed ? undefined : await userOf(pool, call, request, info, held, watchers ?? []);
  return { user, isClone: info.isClone };
}

async function userOf(
  pool: Pool,
  call: Call<"deleteVolume">,
  request: DeleteVolumeRequest,
  info: ImageInfo,
  held: ReadonlyMap<string, Lock>,
  watchers: readonly string[],
): Promise<SouthboundError | undefined> {
  const { ctx } = call;
  const hosts = hostsIn(pool, info.id, held.get(cells.attachment));
  const inUse = whoHas(pool, call, request, hosts);
  if (inUse !== undefined) return inUse;
  const copy = await notPrimary(pool, call, request.id, info);
  if (copy !== undefined) return copy;
  if (held.get(cells.closing)?.lockers.some(isUnmanaging) === true) {
    const message = `volume ${request.id} is being let go; where no unmanageVolume runs any more, call it again`;
    return ctx.fail("FAILED_PRECONDITION", "volume-not-ready", message, { resource: request.id, outcome: "none" });
  }
  const snapshots = info.snapshots === 0 ? 0 : await countBinding(pool, call, info.id);
  if (snapshots > 0) {
    const message = `volume ${request.id} has ${snapshots} snapshots; delete them first`;
    return ctx.fail("FAILED_PRECONDITION", "volume-has-snapshots", message, { resource: request.id, outcome: "none", details: { snapshots } });
  }
  if (watchers.length > 0) {
    const message = `volume ${request.id} is open at ${watchers.join(", ")}; close it there first (a client that died is forgotten after 30 s)`;
    return ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: request.id, outcome: "none", details: { watchers } });
  }
  return undefined;
}

function whoHas(
  pool: Pool,
  { ctx }: Call<"deleteVolume">,
  { id }: DeleteVolumeRequest,
  hosts: readonly string[],
): SouthboundError | undefined {
  if (hosts.length === 0) return undefined;
  const message = `volume ${id} in pool ${pool.config.pool} is attached to ${hosts.join(", ")}; detach it there first`;
  return ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: id, outcome: "none", details: { hosts } });
}

/**
 * Takes a deleter's closing cell away, and those of deleters that are surely dead: killed between closing and deciding.
 * Once the image is doomed nothing is reopened.
 */
async function reopen(pool: Pool, call: Call, imageId: string, cookie?: string): Promise<void> {
  const lock = await pool.rados.readLock(call, imageId, cells.closing);
  for (const locker of lock?.lockers ?? []) {
    const own = locker.cookie === cookie;
    const dead = decodeClosing(locker).getTime() < Date.now();
    if (!own && (!dead || (await pool.rados.isDoomed(call, imageId)))) continue;
    await pool.rados.breakLock(call, imageId, cells.closing, locker);
  }
}

/**
 * Ends what is left of an image that is in no directory: one that a deleter of ours moved to the trash is purged, one that
 * somebody else moved there is left alone.
 */
async function finishUnlisted(pool: Pool, call: Call, imageId: string): Promise<void> {
  const info = await unless([errno.ENOENT], pool.rbd.infoById(call, imageId));
  if (info === undefined) {
    await pool.rados.dropJunkHeader(call, imageId);
    // A purge takes the header first, and our mark with it: of one that was killed then, the trash's entry tells nobody whose it was.
    // EPERM: it was to be kept for a while yet.
    await unless([errno.EPERM], purgeImage(pool, call, imageId));
  } else if (!(await pool.rados.isDoomed(call, imageId))) await pool.rados.dropJunkHeader(call, imageId);
  else if (!(await isKept(pool, call, imageId))) await endImage(pool, call, imageId, await parentOf(pool, call, imageId));
}
