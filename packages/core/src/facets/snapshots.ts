import type { CallOptions } from "../driver/call-context.js";
import type { Brand, VolumeId } from "../model/ids.js";
import type { Listing } from "../model/listing.js";
import type { Volume } from "../model/volume.js";

/** Immutable, opaque id of a snapshot, at most 128 bytes. */
export type SnapshotId = Brand<"SnapshotId">;

/** Calls a string a snapshot id, for ids that come from a store of the caller's own. */
export const snapshotId = (value: string): SnapshotId => value as SnapshotId;

/** What a volume held at one moment. Plain JSON. */
export interface Snapshot {
  readonly id: SnapshotId;
  /** The name that its creator gave; unique among the backend's snapshots of this SDK. */
  readonly name: string;
  readonly sourceVolumeId: VolumeId;
  /** The volume's size when the snapshot was cut, in bytes: a volume made of it is at least this large. */
  readonly sizeBytes: number;
  /** Whether it can be read and cloned. The cut is done when `createSnapshot` returns; copying may go on. */
  readonly readyToUse: boolean;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** Asks for a snapshot. Keyed by name, like volumes (SB-SNAP-1). */
export interface CreateSnapshotRequest {
  /** 1 to 128 bytes of UTF-8 without control characters. */
  readonly name: string;
  readonly sourceVolumeId: VolumeId;
  /**
   * Freezes the file system while the snapshot is cut, where the volume is mounted for writing on this host: it is flushed and its writers
   * wait, at most `timeoutMs` (1 to 600 000), also when this process is killed. Where it is not, nothing is frozen. Default: no freeze; then a
   * snapshot holds what a power cut would have left. The snapshot does not remember it: the replay of a call that was killed returns
   * what that one cut, perhaps after the thaw. Core does it: a driver does not get this field.
   */
  readonly freeze?: { readonly timeoutMs: number } | undefined;
}

/** Names one snapshot, by its id or by its name. */
export type GetSnapshotRequest =
  | { readonly id: SnapshotId; readonly name?: undefined }
  | { readonly name: string; readonly id?: undefined };

/** Which snapshots to list. Default: all, 100 a page. */
export interface ListSnapshotsRequest {
  readonly sourceVolumeId?: VolumeId | undefined;
  /** 1 to 1000. Default 100. */
  readonly pageSize?: number | undefined;
  readonly startToken?: string | undefined;
}

/** Names the snapshot to delete. Deleting what is not there succeeds. */
export interface DeleteSnapshotRequest {
  readonly id: SnapshotId;
}

/** Asks to put a volume back to what one of its snapshots holds. */
export interface RevertVolumeRequest {
  readonly volumeId: VolumeId;
  readonly snapshotId: SnapshotId;
}

/** Snapshots of volumes, also of attached ones: what they hold is what a power cut would have left (crash consistent). */
export interface SnapshotFacet {
  /**
   * Cuts a snapshot, or returns the one that the same request cut before; another source: ALREADY_EXISTS `snapshot-exists`.
   * With `freeze`: FAILED_PRECONDITION `freeze-failed`, and no snapshot; DEADLINE_EXCEEDED `freeze-ended` when it was not surely cut in time (SB-SNAP-1, 2).
   */
  createSnapshot(request: CreateSnapshotRequest, options?: CallOptions): Promise<Snapshot>;
  /** Reads one snapshot, by id or by name. NOT_FOUND `snapshot-not-found` when there is none (SB-SNAP-3). */
  getSnapshot(request: GetSnapshotRequest, options?: CallOptions): Promise<Snapshot>;
  /** Lists snapshots; `timeoutMs` bounds each page, not the reader. A token of no known form: ABORTED `bad-token` (SB-SNAP-4, SB-LIST-1). */
  listSnapshots(request?: ListSnapshotsRequest, options?: CallOptions): Listing<Snapshot>;
  /** A snapshot that volumes depend on: FAILED_PRECONDITION `snapshot-in-use`, and nothing changed; not there is success (SB-SNAP-5). */
  deleteSnapshot(request: DeleteSnapshotRequest, options?: CallOptions): Promise<void>;
  /** Refused while the volume is attached: FAILED_PRECONDITION `volume-in-use`. The volume's size stays (SB-SNAP-7). */
  revertVolume(request: RevertVolumeRequest, options?: CallOptions): Promise<Volume>;
}
