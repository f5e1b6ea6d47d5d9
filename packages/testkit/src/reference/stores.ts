import type { SnapshotRecord } from "./snapshot-record.js";
import type { RecordStore } from "./store.js";
import type { VolumeRecord } from "./volume-record.js";

/** Everything that one backend of the reference driver keeps. */
export interface Stores {
  readonly volumes: RecordStore<VolumeRecord>;
  readonly snapshots: RecordStore<SnapshotRecord>;
}
