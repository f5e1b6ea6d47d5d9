import type { CallOptions } from "../driver/call-context.js";
import type { Brand, VolumeId } from "../model/ids.js";
import type { Listing } from "../model/listing.js";
import type { Snapshot } from "./snapshots.js";

/** Immutable, opaque id of a volume group. */
export type GroupId = Brand<"GroupId">;
/** Immutable, opaque id of a snapshot of a whole group. */
export type GroupSnapshotId = Brand<"GroupSnapshotId">;

/** Calls a string a group id. */
export const groupId = (value: string): GroupId => value as GroupId;
/** Calls a string a group snapshot id. */
export const groupSnapshotId = (value: string): GroupSnapshotId => value as GroupSnapshotId;

/** Volumes that are cut together. A volume is in one group at most. */
export interface VolumeGroup {
  readonly id: GroupId;
  readonly name: string;
  readonly volumeIds: readonly VolumeId[];
}

/** Snapshots of every volume of a group at one moment: no write that came after another is in without it. */
export interface GroupSnapshot {
  readonly id: GroupSnapshotId;
  readonly name: string;
  readonly groupId: GroupId;
  readonly snapshots: readonly Snapshot[];
  readonly readyToUse: boolean;
  readonly createdAt: string;
}

/** Groups of volumes and consistent snapshots of them. */
export interface GroupFacet {
  /** Keyed by name; another set of volumes under the same name: ALREADY_EXISTS `group-exists` (SB-GROUP-1). A volume that is not there: NOT_FOUND `volume-not-found`. */
  createGroup(request: { readonly name: string; readonly volumeIds: readonly VolumeId[] }, options?: CallOptions): Promise<VolumeGroup>;
  /** Reads one group. NOT_FOUND `group-not-found` when there is none (SB-GROUP-1). */
  getGroup(request: { readonly id: GroupId }, options?: CallOptions): Promise<VolumeGroup>;
  /** Lists the groups that this backend's file entry can see; 100 a page unless told otherwise (SB-LIST-1). A token of no known form: ABORTED `bad-token`. */
  listGroups(request?: { readonly pageSize?: number | undefined; readonly startToken?: string | undefined }, options?: CallOptions): Listing<VolumeGroup>;
  /** Adds and removes volumes; adding what is in, or removing what is not, is harmless (SB-GROUP-2). NOT_FOUND `group-not-found` or `volume-not-found`. */
  updateGroup(
    request: { readonly id: GroupId; readonly add?: readonly VolumeId[] | undefined; readonly remove?: readonly VolumeId[] | undefined },
    options?: CallOptions,
  ): Promise<VolumeGroup>;
  /** Removes the group, not its volumes. With snapshots: FAILED_PRECONDITION `group-has-snapshots` (SB-GROUP-3). */
  deleteGroup(request: { readonly id: GroupId }, options?: CallOptions): Promise<void>;
  /** Cuts all volumes of a group at one moment. Keyed by name; another group under the same name: ALREADY_EXISTS `group-snapshot-exists` (SB-GROUP-1, 4). */
  createGroupSnapshot(request: { readonly name: string; readonly groupId: GroupId }, options?: CallOptions): Promise<GroupSnapshot>;
  /** Reads one group snapshot. NOT_FOUND `group-snapshot-not-found` when there is none (SB-GROUP-1). */
  getGroupSnapshot(request: { readonly id: GroupSnapshotId }, options?: CallOptions): Promise<GroupSnapshot>;
  /** Deletes the snapshots of all its volumes. Nothing there: success (SB-DELETE-1). */
  deleteGroupSnapshot(request: { readonly id: GroupSnapshotId }, options?: CallOptions): Promise<void>;
}
