import type { CallContext } from "@opensds/core";

/** The part of a call that a store needs: when to stop, and where a crash is worth testing. */
export type StoreCall = Pick<CallContext, "signal" | "step">;

/** What every record has. */
export interface Identified {
  readonly id: string;
}

/** A record and where it is. */
export interface Located<Record extends Identified> {
  readonly key: string;
  readonly record: Record;
}

/** A record as it was read, with the version that a conditional write is conditional on. */
export interface Stored<Record extends Identified> extends Located<Record> {
  /** Never used twice, not even for the same content. */
  readonly version: string;
}

/** Writes the files of bytes that a record names into the directory where they belong, which is handed in. */
export type Fill = (home: string) => Promise<void>;

/** How a record ends: `closed` for good; volumes also `binned`, into the trash, or `released`, to whom they came from. */
export type Ending = "closed" | "binned" | "released";

/**
 * Where the reference driver keeps what it knows: volumes, snapshots, groups. At most one record per key, with its bytes if it has any.
 * Every write is conditional, so that of several writers, in this process or another, one wins, and a late one changes nothing:
 *
 * - `create` only where the key is free
 * - `replace` and `remove` only while the record is still the version that was read
 *
 * All of the driver's semantics are built on these three, in the files beside this one. `fill` is only called where there are files.
 */
export interface RecordStore<Record extends Identified> {
  /** The keys in use, in order; one that is being removed may still show. */
  keys(): Promise<readonly string[]>;
  /** The record under a key; undefined for none. */
  read(key: string, call: StoreCall): Promise<Stored<Record> | undefined>;
  /** Stores a new record, unless its key is taken: then false, and nothing is left behind. */
  create(key: string, record: Record, call: StoreCall, fill?: Fill): Promise<boolean>;
  /** Writes the record's next version; false when somebody else changed or removed it since it was read. */
  replace(current: Stored<Record>, next: Record, call: StoreCall, fill?: Fill): Promise<boolean>;
  /** Removes the record; false when somebody else changed or removed it. From then on nobody reads it: `finish` it. */
  remove(current: Stored<Record>, call: StoreCall, ending?: Ending): Promise<boolean>;
  /** Does what is left to do for a removed record. Nothing there, or not removed: does nothing. */
  finish(key: string, id: string, call: StoreCall): Promise<void>;
  /** The keys under which a record with this id may be: the one in the id, and that of another name it was given later. */
  keysOf(id: string): Promise<readonly string[]>;
  /** Absolute path of one of a record's files of bytes; undefined where the store has no files. */
  pathOf(where: Located<Record>, file: string): string | undefined;
}

/** Something half-done that a killed process left; what reconciling tells. */
export interface Leftover {
  readonly kind: string;
  readonly reference: string;
  readonly message: string;
  readonly action: "finish" | "undo" | "report";
}

/**
 * Finds what killed processes left half-done, and finishes it or takes it back where `repair` says so. Harmless beside running calls of
 * other processes.
 */
export type Sweep = (call: StoreCall, repair: boolean) => Promise<readonly Leftover[]>;
