import { snapshotId, volumeId, type Snapshot, type SnapshotId, type VolumeId } from "@opensds/core";
import * as v from "valibot";
import { recordKind } from "./record-kind.js";

/** Everything that is stored about one snapshot. It never changes; its bytes are a copy of its own. */
export interface SnapshotRecord {
  /** The version of this layout. */
  readonly layout: 1;
  readonly id: SnapshotId;
  readonly name: string;
  readonly sourceVolumeId: VolumeId;
  readonly sizeBytes: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** The file with a snapshot's bytes. */
export const snapshotData = "data";

const schema = v.object({
  layout: v.literal(1),
  id: v.pipe(v.string(), v.transform(snapshotId)),
  name: v.string(),
  sourceVolumeId: v.pipe(v.string(), v.transform(volumeId)),
  sizeBytes: v.number(),
  createdAt: v.string(),
});

export const snapshotKind = recordKind<SnapshotRecord>("snapshots", schema, () => [snapshotData]);

/** The snapshot as callers see it. */
export function toSnapshot({ id, name, sourceVolumeId, sizeBytes, createdAt }: SnapshotRecord): Snapshot {
  return { id, name, sourceVolumeId, sizeBytes, readyToUse: true, createdAt };
}
