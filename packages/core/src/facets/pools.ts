import type { CallOptions } from "../driver/call-context.js";

/** An amount of bytes, or that nobody can tell, or that there is no end to it. Rounded down figures are `approximate`. */
export type Amount =
  | { readonly kind: "bytes"; readonly bytes: number; readonly approximate?: boolean | undefined }
  | { readonly kind: "unknown" }
  | { readonly kind: "infinite" };

/** A place that volumes are made in. */
export interface Pool {
  readonly name: string;
  /** What volumes can hold in all, after replication. */
  readonly total: Amount;
  /** What new data fits, after replication and quota. */
  readonly free: Amount;
  /** The sizes of all volumes added up, whether written or not. */
  readonly provisioned: Amount;
  /** What deleted volumes still hold until they are purged. */
  readonly trash: Amount;
  /** The quota, where there is one. */
  readonly quota?: { readonly name: string; readonly limitBytes: number; readonly usedBytes: number } | undefined;
}

/** Pools and what is left in them. */
export interface PoolFacet {
  /** The pools that this backend makes volumes in, with figures of this moment, in bytes (SB-POOL-1 to 3). */
  listPools(options?: CallOptions): Promise<readonly Pool[]>;
}
