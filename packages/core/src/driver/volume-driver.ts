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

  /** Connects and proves that the backend works. Again is harmless. Until then every other call is FAILED_PRECONDITION `not-set-up`. */
  setup(options?: CallOptions): Promise<DriverManifest>;
  /** Refuses new calls, ends running ones within the deadline, and closes. Again is harmless; `setup` may follow. */
  unset(options?: CallOptions): Promise<void>;

  /** Makes a volume, or returns the one that the same request made before. */
  createVolume(request: CreateVolumeRequest, options?: CallOptions): Promise<Volume>;
  /** Reads one volume, by id or by name. */
  getVolume(request: GetVolumeRequest, options?: CallOptions): Promise<Volume>;
  /** Lists volumes; `timeoutMs` bounds each page, not the reader. */
  listVolumes(request?: ListVolumesRequest, options?: CallOptions): Listing<Volume>;
  /** Deletes a volume; nothing there is success. */
  deleteVolume(request: DeleteVolumeRequest, options?: CallOptions): Promise<void>;

  /** Makes the volume a block device on this host. */
  attachVolume(request: AttachVolumeRequest, options?: CallOptions): Promise<AttachmentRecord>;
  /** Removes the device and the attachment. Held by anything (mount, holder, swap, an exclusive opener): FAILED_PRECONDITION `device-held`. */
  detachVolume(record: AttachmentRecord, options?: CallOptions): Promise<void>;
  /** Mounts an attached volume's file system, making it first on a blank volume. */
  mountVolume(request: MountVolumeRequest, options?: CallOptions): Promise<MountRecord>;
  /** Unmounts. Not mounted is success. */
  unmountVolume(record: MountRecord, options?: CallOptions): Promise<void>;

  /** Records an attachment for a host, which may be another machine, and tells how that host reaches the volume. */
  connectVolume(request: ConnectVolumeRequest, options?: CallOptions): Promise<Connection>;
  /** Removes a recorded attachment, after the host has let the device go. */
  disconnectVolume(request: DisconnectVolumeRequest, options?: CallOptions): Promise<void>;

  /** Rebuilds attachment records from the backend and the kernel. */
  listAttachments(request?: ListAttachmentsRequest, options?: CallOptions): Promise<readonly AttachmentRecord[]>;
  /** Rebuilds mount records from the backend and the kernel. */
  listMounts(request?: ListMountsRequest, options?: CallOptions): Promise<readonly MountRecord[]>;
}
