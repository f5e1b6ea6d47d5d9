import type { VolumeSource } from "../facets/source.js";
import type { VolumeId } from "./ids.js";

/**
 * What a volume is doing. Only `available` and `in-use` volumes may be attached; a state that a driver does not know
 * is `unknown`, which is never ready.
 */
export type VolumeState = "creating" | "available" | "in-use" | "deleting" | "error" | "unknown";

/** How large a volume shall be. Plain numbers, whole bytes, at most 2^53 - 1; at least one of the two is given. */
export interface CapacityRange {
  /** The volume has at least this many bytes. */
  readonly requiredBytes?: number | undefined;
  /** The volume has at most this many bytes. Equal to `requiredBytes` means exactly this size. */
  readonly limitBytes?: number | undefined;
}

/** A volume as its backend describes it at the moment of the call. Plain JSON. */
export interface Volume {
  readonly id: VolumeId;
  /** The name that its creator gave, 1 to 128 bytes of UTF-8. */
  readonly name: string;
  /** Size in bytes; `null` for a foreign volume that is larger than 2^53 - 1 bytes. */
  readonly sizeBytes: number | null;
  readonly state: VolumeState;
  /** Why the state is what it is, in words, where the backend says so. */
  readonly stateReason?: string | undefined;
  /** When the volume was made: ISO 8601, UTC. Absent where the backend does not know. */
  readonly createdAt?: string | undefined;
  /** The driver's own parameters that the creator asked for; see the driver's manifest. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What the volume began with. Absent: zeros, or an imported volume. */
  readonly source?: VolumeSource | undefined;
}

/** Asks for a volume. Creating is keyed by name: the same request again gives the same volume (SB-CREATE-1). */
export interface CreateVolumeRequest {
  /** 1 to 128 bytes of UTF-8 without control characters; compared byte for byte. */
  readonly name: string;
  readonly capacity: CapacityRange;
  /** The driver's own parameters, by the names in its manifest. Default: none. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** What the volume begins with. Default: zeros. Only for backends with the facet `sources` (UNIMPLEMENTED otherwise). */
  readonly source?: VolumeSource | undefined;
}

/** Names one volume, by its id or by the name its creator gave. */
export type GetVolumeRequest =
  | { readonly id: VolumeId; readonly name?: undefined }
  | { readonly name: string; readonly id?: undefined };

/** Asks for volumes. Default: all that this backend's file entry can see. */
export interface ListVolumesRequest {
  /** The most volumes in one page, 1 to 1000. Default 1000; a driver that needs long for each gives fewer at once. */
  readonly pageSize?: number | undefined;
  /** Where to go on: a `nextToken` of an earlier page, also of an earlier process. Default: the beginning. */
  readonly startToken?: string | undefined;
}

/** Names the volume to delete. Deleting what is not there succeeds (SB-DELETE-1). */
export interface DeleteVolumeRequest {
  readonly id: VolumeId;
}
