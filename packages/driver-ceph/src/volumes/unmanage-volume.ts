import { randomUUID } from "node:crypto";
import type { SouthboundError, VolumeId } from "@opensds/core";
import { hostsIn } from "../attachments/attachments.js";
import type { Call } from "../call.js";
import { cells, cellTag, encodeClosing, isUnmanaging } from "../records/cells.js";
import { countBinding } from "../snapshots/find-snapshot.js";
import { leaveGroups } from "../groups/group-members.js";
import { imageNameOf, isOurImageName } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import { findVolume, requireOpen, type FoundVolume } from "./require-volume.js";
import { errno, failedWith } from "../transport/command-failure.js";
import type { Locker } from "../transport/rados.js";
import { endOf } from "../until.js";
import { imageIdIn } from "../records/volume-id.js";

type UnmanageCall = Call<"unmanageVolume">;

/** The cells that make an image ours, in the order in which they go: what makes it a volume goes first. */
const ownCells = [cells.request, cells.name, cells.formatting, cells.formatted] as const;

/**
 * Lets a volume's image go to other tools. Closed to everybody first, as for a delete, it gets a name that is not ours, and loses its
 * cells. Deleting and letting go see each other's closing cell, and one of them gives way.
 */
export async function unmanageVolume(pool: Pool, { id }: { readonly id: VolumeId }, call: UnmanageCall): Promise<void> {
  const { ctx } = call;
  const imageId = imageIdIn(pool.place, id);
  if (imageId === undefined) return;
  const volume = await findVolume(pool, call, id);
  if (volume === undefined) return;
  const own = volume.view.cells.get(cells.closing)?.lockers ?? [];
  // Cut off before: its closing cell is still there.
  const isResumed = own.length > 0 && own.every(isUnmanaging);
  if (!isResumed) requireOpen(ctx, id, volume.view);
  const cookie = randomUUID();
  const early = await whyNot(pool, call, id, volume);
  if (early !== undefined) throw early;

  await ctx.step("close");
  const description = encodeClosing(endOf(call), "unmanage");
  await pool.rados.takeLock(call, imageId, cells.closing, { exclusive: false, tag: cellTag, cookie, description });
  const now = await findVolume(pool, call, id);
  const closers = now?.view.cells.get(cells.closing)?.lockers ?? [];
  const refusal = now === undefined || closers.some((locker) => !isUnmanaging(locker)) ? deleting(call, id) : await whyNot(pool, call, id, now);
  if (now === undefined || refusal !== undefined) {
    for (const locker of closers) if (locker.cookie === cookie) await pool.rados.breakLock(call, imageId, cells.closing, locker);
    throw refusal ?? deleting(call, id);
  }
  await leaveGroups(pool, call, imageId);
  if (isOurImageName(now.info.name)) await renameAway(pool, call, now);
  await forget(pool, call, imageId, closers);
}

/** Takes all cells of ours off an image that has a foreign name by now; those that closed it go last. */
export async function forget(pool: Pool, call: Call, imageId: string, closers: readonly Locker[]): Promise<void> {
  await call.ctx.step("forget");
  for (const cell of ownCells) {
    const lock = await pool.rados.readLock(call, imageId, cell);
    for (const locker of lock?.lockers ?? []) await pool.rados.breakLock(call, imageId, cell, locker);
  }
  for (const locker of closers) await pool.rados.breakLock(call, imageId, cells.closing, locker);
}

/** Gives the image the name that it was imported from, or one made of the volume's; the first that is free. */
async function renameAway(pool: Pool, call: UnmanageCall, { info, request }: FoundVolume): Promise<void> {
  const plain = imageNameOf(request.name).replace(/^opensds[.~]/, "");
  for (let count = 1; ; count += 1) {
    call.ctx.signal.throwIfAborted();
    const name = count === 1 && request.importedFrom !== undefined ? request.importedFrom : `${plain}${count === 1 ? "" : `.${count}`}`;
    if (isOurImageName(name)) continue;
    await call.ctx.step("rename");
    try {
      await pool.making.rename(call, info.name, name);
      return;
    } catch (thrown) {
      if (!failedWith(thrown, errno.EEXIST)) throw thrown;
    }
  }
}

async function whyNot(pool: Pool, call: UnmanageCall, id: VolumeId, { imageId, info, view }: FoundVolume): Promise<SouthboundError | undefined> {
  const { ctx } = call;
  const hosts = hostsIn(pool, imageId, view.cells.get(cells.attachment));
  if (hosts.length > 0) {
    const message = `volume ${id} is attached to ${hosts.join(", ")}; detach it there first`;
    return ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: id, outcome: "none", details: { hosts } });
  }
  const snapshots = info.snapshots === 0 ? 0 : await countBinding(pool, call, imageId);
  if (snapshots === 0) return undefined;
  const message = `volume ${id} has ${snapshots} snapshots; delete them first`;
  return ctx.fail("FAILED_PRECONDITION", "volume-has-snapshots", message, { resource: id, outcome: "none", details: { snapshots } });
}

function deleting({ ctx }: UnmanageCall, id: VolumeId): SouthboundError {
  return ctx.fail("FAILED_PRECONDITION", "volume-deleting", `volume ${id} is being deleted`, { resource: id, outcome: "none", recovery: "wait-for-operation" });
}
