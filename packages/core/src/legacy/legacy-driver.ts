import { GiB, MiB } from "../model/size.js";

/**
 * What each of the ten functions answers: the proposal's `(string, error)`. An error is `null` when there is none; with
 * an error the result means nothing.
 */
export type LegacyReply = readonly [result: string, error: string | null];

/**
 * The ten functions of the OpenSDS proposal "SouthBound Ceph Driver Design" (2017), with its names and arguments. Go's
 * `Setup` and `Unset` returned nothing, so that docks never learnt that a driver had not come up; here all ten answer alike.
 *
 * Create, get and list answer a volume's JSON, attach answers the bare device path, and the others a sentence
 * (`Delete volume success!`): that is what docks of v0.1 decode.
 */
export interface LegacyDriver {
  /** Connects, and answers whether that worked. */
  Setup(): Promise<LegacyReply>;
  /** Closes the connection. */
  Unset(): Promise<LegacyReply>;
  /**
   * Makes a volume and answers its JSON.
   * @param size in the driver's own unit: the proposal names none; see {@link LegacySizeUnit}
   */
  CreateVolume(name: string, volType: string, size: number): Promise<LegacyReply>;
  /** Answers the JSON of one volume. */
  GetVolume(volID: string): Promise<LegacyReply>;
  /** Answers the JSON of all volumes, as an array. */
  GetAllVolumes(allowDetails: boolean): Promise<LegacyReply>;
  /** Deletes a volume. */
  DeleteVolume(volID: string): Promise<LegacyReply>;
  /** Makes the volume a block device on this host and answers the device's bare path. */
  AttachVolume(volID: string): Promise<LegacyReply>;
  /** Removes the device of this path, and the attachment behind it. */
  DetachVolume(device: string): Promise<LegacyReply>;
  /** Mounts the device's file system at a directory, making it first on a blank volume. */
  MountVolume(mountDir: string, device: string, fsType: string): Promise<LegacyReply>;
  /** Unmounts what is mounted at a directory. */
  UnmountVolume(mountDir: string): Promise<LegacyReply>;
}

/** The name of one of the ten functions. */
export type LegacyFunction = keyof LegacyDriver;

/** What a size of 1 means: OpenSDS's Cinder driver took GiB, its first Ceph driver MiB, through the same function. */
export type LegacySizeUnit = "MiB" | "GiB";

/** The bytes of one unit. */
export const bytesOfUnit = (unit: LegacySizeUnit): number => (unit === "GiB" ? GiB : MiB);

/** The largest size that the proposal's `int32` holds. */
export const maxLegacySize = 2 ** 31 - 1;
