import type { CallOptions } from "../driver/call-context.js";
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
  /** Grows a volume. Attached, where the backend only grows detached ones: FAILED_PRECONDITION `volume-in-use`. */
  expandVolume(request: ExpandVolumeRequest, options?: CallOptions): Promise<ExpandVolumeResult>;
}
