import type { CallContext } from "../../driver/call-context.js";
import type { Device } from "../../model/attachment.js";
import type { ConnectionInfo } from "../../model/connection.js";
import type { VolumeId } from "../../model/ids.js";
import type { HostLock } from "../host-lock.js";

/** What a connector knows of the host. */
export interface ConnectorSite {
  /** Where helper daemons and their files live. */
  readonly runtimeDir: string;
  readonly bootId: string;
}

/** What to attach. */
export interface AttachPlan<Info extends ConnectionInfo> {
  readonly info: Info;
  readonly volumeId: VolumeId;
  readonly readOnly: boolean;
  /** What {@link Connector.find} found; its mode is the wanted one, and it is not ending. */
  readonly existing: Device | undefined;
}

/** A device that is there already. */
export interface FoundDevice {
  readonly device: Device;
  /** Let go while somebody had it open: it goes when they close it, and is nothing to hand out. */
  readonly ending: boolean;
}

/** That a method turned out not to fit the volume or the host after all, when it was tried; it left nothing behind. */
export interface Unsuitable {
  /** In words. */
  readonly unsuitable: string;
}

/**
 * One way to make a block device of a connection. `attach`, `detach` and `sweep` run under the volume's host lock, so
 * what they find half-made was left by a process that is gone.
 */
export interface Connector<Info extends ConnectionInfo> {
  /** The method's name, as in {@link Device.method}. */
  readonly method: string;
  /** Why this method cannot be used on this host, in words; undefined when it can. Starts nothing, loads nothing. */
  unavailable(info: Info): Promise<string | undefined>;
  /** The device of exactly this connection, as the kernel has it; changes nothing. */
  find(info: Info, ctx: CallContext): Promise<FoundDevice | undefined>;
  /** Makes the device, or mends and returns the one that is there. */
  attach(plan: AttachPlan<Info>, lock: HostLock, ctx: CallContext): Promise<Device | Unsuitable>;
}

/** The part of a connector that works on records: it does not know the connection any more. */
export interface Disconnector {
  readonly method: string;
  /** Whether the device of this path is still the one that the record describes. */
  isPresent(device: Device, ctx: CallContext): Promise<boolean>;
  /**
   * Lets the device, which is present, follow its volume to a larger size; as large already: nothing happens. Where the volume is
   * smaller than the device: FAILED_PRECONDITION `grow-failed`, and nothing is changed.
   */
  grow(device: Device, lock: HostLock, ctx: CallContext): Promise<void>;
  /** Removes the device, which is present, and proves that it is gone; held: FAILED_PRECONDITION `device-held`. */
  detach(device: Device, lock: HostLock, ctx: CallContext): Promise<void>;
  /** Removes what a killed attach or detach of this volume left behind besides a device. */
  sweep?(volumeId: VolumeId, lock: HostLock, ctx: CallContext): Promise<void>;
}
