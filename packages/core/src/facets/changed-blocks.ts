import type { CallOptions } from "../driver/call-context.js";
import type { VolumeId } from "../model/ids.js";
import type { SnapshotId } from "./snapshots.js";

/** A run of bytes that may differ; `exists: false` says that it reads as zeros now. */
export interface ChangedExtent {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly exists: boolean;
}

/** Which two states to compare. */
export interface ChangedBlocksRequest {
  readonly volumeId: VolumeId;
  /** The older state. Absent: an empty volume, so that every written block is told. */
  readonly fromSnapshotId?: SnapshotId | undefined;
  readonly toSnapshotId: SnapshotId;
  /** Go on from here: extents that end at or before it are left out. Default 0. */
  readonly startOffsetBytes?: number | undefined;
  /** `block`: as fine as the backend can tell. `object`: whole allocation units, faster. Default `block`. */
  readonly detail?: "block" | "object" | undefined;
}

/** What changed between two snapshots of a volume. */
export interface ChangedBlocksFacet {
  /** Extents in rising order that do not overlap; streamed: leaving the loop ends the work (SB-CHANGED-1 to 3). NOT_FOUND `snapshot-not-found`. */
  listChangedBlocks(request: ChangedBlocksRequest, options?: CallOptions): AsyncIterable<ChangedExtent>;
}
