import type {
  AccessMode,
  ConnectorFacts,
  ConnectVolumeRequest,
  DisconnectVolumeRequest,
  HostInitiators,
} from "../model/attachment.js";
import type { Connection } from "../model/connection.js";
import type { HostId, VolumeId } from "../model/ids.js";
import type { Page } from "../model/listing.js";
import type { FormatRecord } from "../model/mount.js";
import type { DeleteVolumeRequest, GetVolumeRequest, Volume } from "../model/volume.js";
import type { BackendFacets } from "../facets/authored.js";
import type { VolumeSource } from "../facets/source.js";
import type { CallContext } from "./call-context.js";
import type { BackendManifest } from "./manifest.js";

/** A create request as a backend gets it: checked, with the size settled. */
export interface BackendCreateRequest {
  readonly name: string;
  /** What to make when the volume is new: a multiple of the granularity, within the limits. */
  readonly sizeBytes: number;
  /** What the caller asked for, for comparing a replay with what is there. */
  readonly capacity: { readonly requiredBytes: number; readonly limitBytes: number | null };
  readonly parameters: Readonly<Record<string, string>>;
  /** What the volume begins with; only for backends with the facet `sources`. */
  readonly source?: VolumeSource | undefined;
}

/** One page of a list as a backend gets it. */
export interface BackendPageRequest {
  readonly pageSize: number;
  /** A token that this driver gave, in this process or an earlier one; absent for the first page. */
  readonly token?: string | undefined;
}

/** A connect request as a backend gets it. */
export interface BackendConnectRequest extends Omit<ConnectVolumeRequest, "connector"> {
  readonly mode: AccessMode;
  /** What the attachment is recorded with. */
  readonly connector: ConnectorFacts;
  /** For targets that let in hosts whom they know by name. They may be others when the same host asks again. */
  readonly initiators?: HostInitiators | undefined;
}

/**
 * What a driver author writes: provisioning and connecting, nothing else. Core makes the deadlines, the joining of
 * identical calls, the validation, the iterables, the attach and the mount out of it. Facets are further properties;
 * `defineDriver` says which.
 */
export interface StorageBackend {
  readonly manifest: BackendManifest;

  /**
   * Makes a volume, or returns the one that the same request made before (SB-CREATE-1). Keyed by name, safe against the
   * same call from other processes. A replay is compatible when its parameters equal the stored ones and
   * `requiredBytes` is at most the current size (`limitBytes`: at least the size at creation); else ALREADY_EXISTS (SB-CREATE-3).
   */
  createVolume(request: BackendCreateRequest, ctx: CallContext<"createVolume">): Promise<Volume>;

  /** The volume as it is now, never as it was remembered. NOT_FOUND `volume-not-found` when there is none (SB-GET-1, 2). */
  getVolume(request: GetVolumeRequest, ctx: CallContext<"getVolume">): Promise<Volume>;

  /** One page of volumes. A token of no known form: ABORTED `bad-token`. Volumes made or deleted meanwhile may or may not show (SB-LIST-1 to 5). */
  listVolumePage(request: BackendPageRequest, ctx: CallContext<"listVolumes">): Promise<Page<Volume>>;

  /** Deletes. Nothing there: success. Attached or in use: FAILED_PRECONDITION `volume-in-use`, and nothing changed (SB-DELETE-1 to 6). */
  deleteVolume(request: DeleteVolumeRequest, ctx: CallContext<"deleteVolume">): Promise<void>;

  /**
   * Records the attachment of a volume to a host and tells how that host reaches it. Idempotent per volume, host and
   * mode; the host has it in another mode, or another host has it and both are not sharing: FAILED_PRECONDITION
   * `volume-attached-elsewhere` naming that host (SB-ATTACH-1, 2, 4, 6).
   */
  connectVolume(request: BackendConnectRequest, ctx: CallContext<"connectVolume">): Promise<Connection>;

  /** Removes the record of this attachment and of no later one. Not there: success (SB-DETACH-1, 6). */
  disconnectVolume(request: DisconnectVolumeRequest, ctx: CallContext<"disconnectVolume">): Promise<void>;

  /** The recorded attachments, of one volume (NOT_FOUND when it is not there) or of all, of one host or of all; with how this host reaches each (SB-RECORD-1). */
  listConnections(
    request: { readonly volumeId?: VolumeId | undefined; readonly hostId?: HostId | undefined },
    ctx: CallContext<"listAttachments">,
  ): Promise<readonly Connection[]>;

  /** What is recorded about formatting this volume; `null` for nothing (SB-FORMAT-2). NOT_FOUND `volume-not-found`. */
  readFormat(request: { readonly volumeId: VolumeId }, ctx: CallContext<"readFormat">): Promise<FormatRecord | null>;

  /**
   * Records formatting by one conditional write: `formatting` only where nothing is recorded, `formatted` only over the
   * same file system's `formatting`. Returns what is recorded afterwards, which is another's record when that came first (SB-FORMAT-1).
   */
  writeFormat(
    request: { readonly volumeId: VolumeId; readonly next: FormatRecord },
    ctx: CallContext<"writeFormat">,
  ): Promise<FormatRecord>;

  /** Lets go of connections and child processes. Called once, when no call is running (SB-LIFECYCLE-7). */
  close(): Promise<void>;
}

/** A backend as core sees it: with whatever facets its author added. */
export type FacetedBackend = StorageBackend & Partial<BackendFacets>;
