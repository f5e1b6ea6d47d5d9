import type { Bin } from "./bin.js";
import { fencedHostKind, type FencedHostRecord } from "./fenced-host-record.js";
import { groupKind, groupSnapshotKind, type GroupRecord, type GroupSnapshotRecord } from "./group-record.js";
import type { RecordKind } from "./record-kind.js";
import { snapshotKind, type SnapshotRecord } from "./snapshot-record.js";
import type { Identified, RecordStore } from "./store.js";
import type { VolumeRecord } from "./volume-record.js";

/** Everything that one backend of the reference driver keeps. */
export interface Stores {
  readonly volumes: RecordStore<VolumeRecord>;
  /** Deleted volumes, where they are kept. */
  readonly bin: Bin;
  readonly snapshots: RecordStore<SnapshotRecord>;
  readonly groups: RecordStore<GroupRecord>;
  readonly groupSnapshots: RecordStore<GroupSnapshotRecord>;
  readonly fencedHosts: RecordStore<FencedHostRecord>;
}

/** Makes the stores that have nothing of their own, all in the same way. */
export function plainStores(open: <Record extends Identified>(kind: RecordKind<Record>) => RecordStore<Record>): Omit<Stores, "volumes" | "bin"> {
  return {
    snapshots: open(snapshotKind),
    groups: open(groupKind),
    groupSnapshots: open(groupSnapshotKind),
    fencedHosts: open(fencedHostKind),
  };
}
