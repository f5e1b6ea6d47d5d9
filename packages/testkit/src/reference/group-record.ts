import { groupId, groupSnapshotId, snapshotId, volumeId, type GroupId, type GroupSnapshot, type GroupSnapshotId, type Snapshot, type VolumeId } from "@opensds/core";
import * as v from "valibot";
import { recordKind } from "./record-kind.js";

/** Everything that is stored about one group. A volume that it lists is in it if the volume's own record names the group. */
export interface GroupRecord {
  /** The version of this layout. */
  readonly layout: 1;
  readonly id: GroupId;
  readonly name: string;
  /** What the creator asked for: what a replayed create is compared with. In order, each once. */
  readonly createdVolumeIds: readonly VolumeId[];
  readonly volumeIds: readonly VolumeId[];
  /** False until every volume's record names the group: until then nobody is shown it. */
  readonly complete: boolean;
}

/** A group's snapshot: one record with the bytes of all members, so that it is there as a whole or not at all. */
export interface GroupSnapshotRecord {
  /** The version of this layout. */
  readonly layout: 1;
  readonly id: GroupSnapshotId;
  readonly name: string;
  readonly groupId: GroupId;
  /** The bytes of the first are in `data.0`. */
  readonly members: readonly { readonly volumeId: VolumeId; readonly sizeBytes: number }[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

const brandedGroupId = v.pipe(v.string(), v.transform(groupId));
const brandedVolumeId = v.pipe(v.string(), v.transform(volumeId));

export const groupKind = recordKind<GroupRecord>(
  "groups",
  v.object({
    layout: v.literal(1),
    id: brandedGroupId,
    name: v.string(),
    createdVolumeIds: v.array(brandedVolumeId),
    volumeIds: v.array(brandedVolumeId),
    complete: v.boolean(),
  }),
);

/** The file with the bytes of one member. */
export const memberData = (index: number): string => `data.${index}`;

export const groupSnapshotKind = recordKind<GroupSnapshotRecord>(
  "group-snapshots",
  v.object({
    layout: v.literal(1),
    id: v.pipe(v.string(), v.transform(groupSnapshotId)),
    name: v.string(),
    groupId: brandedGroupId,
    members: v.array(v.object({ volumeId: brandedVolumeId, sizeBytes: v.number() })),
    createdAt: v.string(),
  }),
  ({ members }) => members.map((_member, index) => memberData(index)),
);

/** The members' snapshots as callers see them: each has an id and a name made of the group snapshot's id. */
export function memberSnapshots({ id, members, createdAt }: GroupSnapshotRecord): readonly Snapshot[] {
  return members.map(({ volumeId: sourceVolumeId, sizeBytes }, index) => {
    const name = `${id}.${index}`;
    return { id: snapshotId(name), name, sourceVolumeId, sizeBytes, readyToUse: true, createdAt };
  });
}

/** The parts of a member snapshot's id; undefined for an id of another form. */
export function memberOf(id: string): { readonly groupSnapshotId: string; readonly index: number } | undefined {
  const [, whole, index] = /^([0-9a-f-]{77})\.(\d{1,4})$/.exec(id) ?? [];
  return whole === undefined ? undefined : { groupSnapshotId: whole, index: Number(index) };
}

export function toGroupSnapshot(record: GroupSnapshotRecord): GroupSnapshot {
  const { id, name, groupId: group, createdAt } = record;
  return { id, name, groupId: group, snapshots: memberSnapshots(record), readyToUse: true, createdAt };
}
