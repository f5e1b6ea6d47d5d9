import type {
  AttachVolumeRequest,
  AttachmentRecord,
  ConnectVolumeRequest,
  DisconnectVolumeRequest,
  ListAttachmentsRequest,
} from "../model/attachment.js";
import type { Connection } from "../model/connection.js";
import type { Listing } from "../model/listing.js";
import type { ListMountsRequest, MountRecord, MountVolumeRequest } from "../model/mount.js";
import type {
  CreateVolumeRequest,
  DeleteVolumeRequest,
  GetVolumeRequest,
  ListVolumesRequest,
  Volume,
} from "../model/volume.js";
import type { FacetMap } from "../facets/facets.js";
import type { CallOptions } from "./call-context.js";
import type { DriverManifest } from "./manifest.js";

/**
 * One configured backend as a dock drives it: the ten operations of the OpenSDS proposal, and those that deployments on
 * several machines need. Every call returns by its deadline and fails with a `SouthboundError` only. Everything else is a facet: an
 * optional property that is there after `setup` if the opened backend has it; `supports(driver, "snapshots")` narrows.
 */
export interface VolumeDriver extends AsyncDisposable, Partial<FacetMap> {
  /** The backend's name in the backends file. */
  readonly backend: string;
  /** The driver's kind, as in `<kind>_driver`. */
  readonly kind: string;
  /** What this backend can do. Before `setup`: FAILED_PRECONDITION `not-set-up`. */
  readonly manifest: DriverManifest;

  /**
   * Connects and proves that the backend works; fulfils with the manifest. Again is harmless. Until then every other call is
   * FAILED_PRECONDITION `not-set-up`. A pool or project that is not there: NOT_FOUND (SB-LIFECYCLE-1, 2, 5).
   */
  setup(options?: CallOptions): Promise<DriverManifest>;
  /**
   * Refuses new calls, ends running ones within the deadline (CANCELLED `closing`), and closes. Attachments and mounts stay: they are
   * the host's. Again is harmless; `setup` may follow (SB-LIFECYCLE-3, 6, 7).
   */
  unset(options?: CallOptions): Promise<void>;

  /**
   * Makes a volume, or returns the one that the same request made before; keyed by name (SB-CREATE-1 to 9). The volume is `available`, or
   * `in-use` already. Another request under the name: ALREADY_EXISTS `volume-exists`; no possible size: OUT_OF_RANGE `size-out-of-range`;
   * no space: RESOURCE_EXHAUSTED `backend-full`, or `quota-exceeded` with the quota and its numbers.
   */
  createVolume(request: CreateVolumeRequest, options?: CallOptions): Promise<Volume>;
  /** Reads one volume, by id or by name, as it is at this moment. None: NOT_FOUND `volume-not-found` (SB-GET-1, 2). */
  getVolume(request: GetVolumeRequest, options?: CallOptions): Promise<Volume>;
  /**
   * Lists volumes, 1000 a page at the most; `timeoutMs` bounds each page, not the reader, and leaving the loop cancels. A token
   * that is none of this driver's: ABORTED `bad-token` (SB-LIST-1 to 5).
   */
  listVolumes(request?: ListVolumesRequest, options?: CallOptions): Listing<Volume>;
  /**
   * Deletes a volume; nothing there is success. Attached, or open elsewhere: FAILED_PRECONDITION `volume-in-use`; with snapshots that the
   * backend binds to it: FAILED_PRECONDITION `volume-has-snapshots`; nothing is changed then (SB-DELETE-1 to 6).
   */
  deleteVolume(request: DeleteVolumeRequest, options?: CallOptions): Promise<void>;

  /**
   * Makes the volume a block device on this host, in mode `single-writer` unless told otherwise; again gives the same attachment. Another host
   * has it and does not share: FAILED_PRECONDITION `volume-attached-elsewhere`, naming that host; a mode that the manifest lacks: UNIMPLEMENTED
   * `mode-unsupported` (SB-ATTACH-1 to 7).
   */
  attachVolume(request: AttachVolumeRequest, options?: CallOptions): Promise<AttachmentRecord>;
  /**
   * Removes the device and the attachment; not attached is success. Held by anything (mount, holder, swap, an exclusive opener):
   * FAILED_PRECONDITION `device-held`, naming the holder. The backend cannot be reached: the device goes all the same, the call is
   * UNAVAILABLE `attachment-still-recorded` with outcome `unknown`, and its replay finishes (SB-DETACH-1 to 6).
   */
  detachVolume(record: AttachmentRecord, options?: CallOptions): Promise<void>;
  /**
   * Mounts an attached volume's file system, making one first (ext4 unless told otherwise) on a blank volume. A directory that is not an existing,
   * empty one, or a volume attached `multi-writer`: FAILED_PRECONDITION; what bears any signature is never formatted (SB-MOUNT-1 to 10).
   */
  mountVolume(request: MountVolumeRequest, options?: CallOptions): Promise<MountRecord>;
  /** Unmounts; not mounted is success. In use: FAILED_PRECONDITION `mount-busy`, naming who uses it (SB-UNMOUNT-1 to 3). */
  unmountVolume(record: MountRecord, options?: CallOptions): Promise<void>;

  /**
   * Records an attachment for a host, which may be another machine, and tells how that host reaches the volume (SB-CONNECT-1, SB-ATTACH-1, 2).
   * The connection may hold secrets: `exportConnection` is the one way to take it to another process. Errors as for {@link attachVolume}.
   */
  connectVolume(request: ConnectVolumeRequest, options?: CallOptions): Promise<Connection>;
  /** Removes a recorded attachment, after the host has let the device go; not recorded is success (SB-DETACH-1, 6). */
  disconnectVolume(request: DisconnectVolumeRequest, options?: CallOptions): Promise<void>;

  /**
   * Rebuilds attachment records from the backend and the kernel: this host's unless told otherwise, by volume or device path too
   * (SB-RECORD-1). A volume that is named and not there: NOT_FOUND `volume-not-found`.
   */
  listAttachments(request?: ListAttachmentsRequest, options?: CallOptions): Promise<readonly AttachmentRecord[]>;
  /** Rebuilds mount records from the backend and the kernel, by volume, device path or directory (SB-RECORD-1). */
  listMounts(request?: ListMountsRequest, options?: CallOptions): Promise<readonly MountRecord[]>;
}
