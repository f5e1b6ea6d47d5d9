import { setTimeout as sleep } from "node:timers/promises";
import type { VolumeId } from "@opensds/core";
import type { Call } from "../call.js";
import { cells } from "../records/cells.js";
import { claimsOfGroup, groupOfClaims } from "./find-group.js";
import { groupIdOf, groupKeyOf } from "./group-id.js";
import { isOver } from "../records/name-register.js";
import type { Pool } from "../pool.js";
import { findVolume, noSuchVolume, requireOpen, type FoundVolume } from "../volumes/require-volume.js";
import { errno, failedWith } from "../transport/command-failure.js";
import { volumeIdOf } from "../records/volume-id.js";

type JoinCall = Call<"createGroup" | "updateGroup">;

/** The volume that is to be a member. */
export async function requireMember(pool: Pool, call: JoinCall, id: VolumeId): Promise<FoundVolume> {
  const volume = await findVolume(pool, call, id);
  if (volume === undefined) throw noSuchVolume(pool, call.ctx, id);
  requireOpen(call.ctx, id, volume.view);
  return volume;
}

/**
 * Puts an image into a group; false when the group is gone. Joining writes the membership, then looks for a deleter; deleting closes the
 * volume, then looks for a membership: at least one sees the other. A membership that a killed call has left gives way.
 */
export async function joinGroup(pool: Pool, call: JoinCall, rbdName: string, imageId: string): Promise<boolean> {
  const id = volumeIdOf(pool.place, imageId);
  const startedAt = performance.now();
  for (;;) {
    call.ctx.signal.throwIfAborted();
    const imageName = await pool.rados.directoryNameOf(call, imageId);
    if (imageName === undefined) throw noSuchVolume(pool, call.ctx, id);
    await call.ctx.step("join-group");
    try {
      await pool.groups.addImage(call, rbdName, imageName);
    } catch (thrown) {
      if (failedWith(thrown, errno.EEXIST)) {
        await makeRoom(pool, call, imageId, id, performance.now() - startedAt > pool.config.unfinishedAfterMs);
        continue;
      }
      if (!failedWith(thrown, errno.ENOENT)) throw thrown;
      if ((await pool.groups.idOf(call, rbdName)) === undefined) return false;
      continue;
    }
    if ((await pool.groups.groupOf(call, imageId)) !== rbdName) {
      // The name was another image's by then.
      await pool.groups.removeImage(call, rbdName, imageName);
      continue;
    }
    const view = await pool.images.byId(call, imageId, [cells.closing, cells.reverting]);
    if (view !== undefined && !view.cells.has(cells.closing)) return true;
    await leaveGroup(pool, call, rbdName, imageId);
    if (view === undefined) throw noSuchVolume(pool, call.ctx, id);
    requireOpen(call.ctx, id, view);
  }
}

/** Looks at the group that an image is in already: refuses where it is one, takes the image out where a killed call has left it. */
async function makeRoom(pool: Pool, call: JoinCall, imageId: string, id: VolumeId, isLate: boolean): Promise<void> {
  const holder = await pool.groups.groupOf(call, imageId);
  if (holder === undefined) return;
  const key = groupKeyOf(holder);
  const claims = key === undefined ? [] : await claimsOfGroup(pool, call, key);
  const group = await groupOfClaims(pool, call, claims);
  if (key === undefined || group?.complete === true) {
    const name = group?.name ?? holder;
    const message = `volume ${id} is in the group ${JSON.stringify(name)} already; take it out there first`;
    const details = key === undefined ? { rbdGroup: holder } : { groupId: groupIdOf(pool.place, key) };
    throw call.ctx.fail("FAILED_PRECONDITION", "volume-in-group", message, { resource: id, outcome: "none", details });
  }
  if (claims.every(isOver)) {
    await call.ctx.step("leave-dead-group");
    await leaveGroup(pool, call, holder, imageId);
    return;
  }
  if (isLate) {
    const message = `another call is putting volume ${id} into a group, or was cut off; retry later`;
    throw call.ctx.fail("ABORTED", "operation-pending", message, { resource: id, outcome: "none" });
  }
  await sleep(50 + Math.random() * 100, undefined, { signal: call.ctx.signal });
}

/** Takes an image out of whatever group it is in, before it goes. */
export async function leaveGroups(pool: Pool, call: Call, imageId: string): Promise<void> {
  const holder = await pool.groups.groupOf(call, imageId);
  if (holder === undefined) return;
  await leaveGroup(pool, call, holder, imageId);
}

/** Takes an image out of a group. One that is in no directory any more stays: only its name leads RBD to it. */
export async function leaveGroup(pool: Pool, call: Call, rbdName: string, imageId: string): Promise<void> {
  for (;;) {
    call.ctx.signal.throwIfAborted();
    const imageName = await pool.rados.directoryNameOf(call, imageId);
    if (imageName === undefined) return;
    await call.ctx.step("leave-group");
    await pool.groups.removeImage(call, rbdName, imageName);
    if ((await pool.groups.groupOf(call, imageId)) !== rbdName) return;
  }
}
