import type { CallContext, GroupId, VolumeId } from "@opensds/core";
import { findById, requireVolume } from "./find-record.js";
import type { GroupRecord } from "./group-record.js";
import type { StoreCall, Stored } from "./store.js";
import type { Stores } from "./stores.js";
import type { VolumeRecord } from "./volume-record.js";

/*
 * A volume is in a group when its record names the group (the claim) and the group's record lists it and is complete. Both are written by
 * conditional writes:
 *
 * create  The group is stored, not complete yet, which decides who has the name; then the volumes are claimed, by whoever made the same
 *         request; then the group is made complete.
 * add     The volumes are claimed; then the group lists them.
 *
 * A claim may be taken over while its group is not complete or does not list the volume, since a killed process may have left it: but a
 * group that is not complete is removed first. So a group that comes to be complete has every claim, and a volume is in one group at most.
 */

/** The group that a volume is in. */
export async function groupOf({ groups }: Stores, volume: VolumeRecord, call: StoreCall): Promise<Stored<GroupRecord> | undefined> {
  if (volume.groupId === null) return undefined;
  const group = await findById(groups, volume.groupId, call);
  return group !== undefined && holds(group.record, volume.id) ? group : undefined;
}

const holds = ({ complete, volumeIds }: GroupRecord, id: VolumeId): boolean => complete && volumeIds.includes(id);

/** The volumes that are in a group. */
export async function membersOf({ volumes }: Stores, group: GroupRecord, call: StoreCall): Promise<readonly Stored<VolumeRecord>[]> {
  const members: Stored<VolumeRecord>[] = [];
  for (const id of group.volumeIds) {
    const volume = await findById(volumes, id, call);
    if (volume?.record.groupId === group.id) members.push(volume);
  }
  return members;
}

/** Claims volumes for a group. One that is in another: FAILED_PRECONDITION `volume-in-group`. */
export async function claim(
  stores: Stores,
  volumeIds: readonly VolumeId[],
  groupId: GroupId,
  ctx: CallContext<"createGroup" | "updateGroup">,
): Promise<void> {
  for (const id of volumeIds) {
    for (;;) {
      ctx.signal.throwIfAborted();
      const volume = await requireVolume(stores.volumes, id, ctx);
      if (volume.record.groupId === groupId) break;
      const group = volume.record.groupId === null ? undefined : await findById(stores.groups, volume.record.groupId, ctx);
      if (group !== undefined && holds(group.record, id)) {
        const message = `volume ${JSON.stringify(volume.record.name)} is in the group ${JSON.stringify(group.record.name)} already; take it out there first`;
        throw ctx.fail("FAILED_PRECONDITION", "volume-in-group", message, { resource: id, outcome: "none", details: { groupId: group.record.id } });
      }
      if (group?.record.complete === false && !(await abandon(stores, group, ctx))) continue;
      if (await stores.volumes.replace(volume, { ...volume.record, groupId }, ctx)) break;
    }
  }
}

/** Removes a group that is not complete; false when somebody changed it, or made it complete, since it was read. */
export async function abandon({ groups }: Pick<Stores, "groups">, group: Stored<GroupRecord>, call: StoreCall): Promise<boolean> {
  if (!(await groups.remove(group, call))) return false;
  await groups.finish(group.key, group.record.id, call);
  return true;
}

/** Gives up claims on volumes; one that is not there, or claimed by another group by now, is left as it is. */
export async function release({ volumes }: Stores, volumeIds: readonly VolumeId[], groupId: GroupId, call: StoreCall): Promise<void> {
  for (const id of volumeIds) {
    for (;;) {
      call.signal.throwIfAborted();
      const volume = await findById(volumes, id, call);
      if (volume?.record.groupId !== groupId || (await volumes.replace(volume, { ...volume.record, groupId: null }, call))) break;
    }
  }
}

/** Refuses with `volume-in-group` while a volume is in a group. */
export async function requireNoGroup(stores: Stores, volume: VolumeRecord, ctx: CallContext<"deleteVolume" | "unmanageVolume">): Promise<void> {
  const group = await groupOf(stores, volume, ctx);
  if (group === undefined) return;
  const message = `volume ${JSON.stringify(volume.name)} is in the group ${JSON.stringify(group.record.name)}; take it out first`;
  const details = { groupId: group.record.id };
  throw ctx.fail("FAILED_PRECONDITION", "volume-in-group", message, { resource: volume.id, outcome: "none", details });
}
