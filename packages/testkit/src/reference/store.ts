import type { CallContext, VolumeId } from "@opensds/core";
import type { VolumeRecord } from "./volume-record.js";

/** The part of a call that a store needs: when to stop, and where a crash is worth testing. */
export type StoreCall = Pick<CallContext, "signal" | "step">;

/** A record as it was read, with the version that a conditional write is conditional on. */
export interface StoredVolume {
  /** Never used twice, not even for the same content. */
  readonly version: string;
  readonly record: VolumeRecord;
}

/**
 * Where the reference driver keeps its volumes: at most one per key, each a record and its bytes. Every write is
 * conditional, so that of several writers, in this process or another, one wins, and a late one changes nothing:
 *
 * - `create` only where the key is free
 * - `replace` and `remove` only while the record is still the version that was read
 *
 * All of the driver's semantics are built on these three, in the files beside this one.
 */
export interface VolumeStore {
  /** The keys in use, in order; one that is being removed may still show. */
  keys(): Promise<readonly string[]>;
  /** The volume under a key; undefined for none. */
  read(key: string, call: StoreCall): Promise<StoredVolume | undefined>;
  /** Makes the volume, its bytes all zero, unless its key is taken: then false, and nothing is left behind. */
  create(record: VolumeRecord, call: StoreCall): Promise<boolean>;
  /** Writes the record's next version; false when somebody else changed or removed it since it was read. */
  replace(current: StoredVolume, next: VolumeRecord, call: StoreCall): Promise<boolean>;
  /** Removes the volume; false when somebody else changed or removed it. From then on nobody reads it: `purge` it. */
  remove(current: StoredVolume, call: StoreCall): Promise<boolean>;
  /** Frees what a removed volume still holds. Nothing there, or not removed: does nothing. */
  purge(id: VolumeId, call: StoreCall): Promise<void>;
  /** Absolute path of the file with a volume's bytes; undefined where the store has no files. */
  dataPath(id: VolumeId): string | undefined;
}

/** Finishes or takes back what killed processes left half-done. Harmless beside running calls of other processes. */
export type Sweep = (call: StoreCall) => Promise<void>;
