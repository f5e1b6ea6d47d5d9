import type { CallOptions } from "../driver/call-context.js";
import type { AttachmentRecord } from "../model/attachment.js";
import type { VolumeId } from "../model/ids.js";
import type { CapacityRange, Volume } from "../model/volume.js";

/** Asks for a larger volume. One that is large enough already is returned as it is; nothing ever shrinks. */
export interface ExpandVolumeRequest {
  readonly id: VolumeId;
  readonly capacity: CapacityRange;
}

/** A volume after it grew, and whether a host that has it attached must take notice (`growAttachment`). */
export interface ExpandVolumeResult {
  readonly volume: Volume;
  /** `required` when the volume is attached: its device and file system have the old size until `growAttachment`. */
  readonly hostStep: "none" | "required";
}

/** Growing volumes. */
export interface ExpansionFacet {
  /** Grows a volume. Attached, where the backend only grows detached ones: FAILED_PRECONDITION `volume-in-use`; a limit below its size: OUT_OF_RANGE (SB-EXPAND-1 to 5). */
  expandVolume(request: ExpandVolumeRequest, options?: CallOptions): Promise<ExpandVolumeResult>;
  /**
   * Lets the device of an attachment on this host, and the ext4 or xfs that is mounted from it, follow the volume to its new size; call it
   * on every host where the volume is attached when `hostStep` is `required`. The backend has no part in it. Idempotent; shrinks nothing (SB-EXPAND-4).
   * A file system that `mountVolume` made and that is not mounted follows when it is mounted next.
   * - FAILED_PRECONDITION `attachment-not-found`: the record's device is not here (`attachment-on-other-host`: nor meant to be)
   * - FAILED_PRECONDITION `grow-failed`: the device, or with outcome `applied` only the file system, keeps its size; the message says why
   */
  growAttachment(record: AttachmentRecord, options?: CallOptions): Promise<AttachmentRecord>;
}
