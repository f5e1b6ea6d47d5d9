import type { CallOptions } from "../driver/call-context.js";
import type { VolumeId } from "../model/ids.js";

/** Ceilings of a volume's traffic. Absent: not limited. Plain numbers above 0. */
export interface QosLimits {
  readonly iops?: number | undefined;
  readonly readIops?: number | undefined;
  readonly writeIops?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly readBytesPerSecond?: number | undefined;
  readonly writeBytesPerSecond?: number | undefined;
}

/** Changes limits: a number sets one, `null` lifts it, an absent key leaves it untouched. All or nothing. */
export interface ModifyVolumeRequest {
  readonly id: VolumeId;
  readonly qos: { readonly [Limit in keyof QosLimits]?: number | null | undefined };
}

/** Limiting a volume's traffic, also while it is attached. */
export interface QosFacet {
  /** A limit that this backend or attach path cannot keep: INVALID_ARGUMENT `qos-unsupported`, and nothing applied (SB-QOS-1 to 3). */
  modifyVolume(request: ModifyVolumeRequest, options?: CallOptions): Promise<QosLimits>;
  /** The limits in force, bytes and requests a second; absent means none (SB-QOS-1). NOT_FOUND `volume-not-found`. */
  getQos(request: { readonly id: VolumeId }, options?: CallOptions): Promise<QosLimits>;
}
