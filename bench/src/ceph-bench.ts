import type { DriverWith, VolumeDriver } from "@opensds/core";
import type { Librbd, Rbd } from "./ceph-peers.js";
import type { BenchPlace } from "./ceph-place.js";

/** How much is measured: the real run's figures, or a quick look that every change can afford. */
export interface CephAmounts {
  readonly rounds: number;
  /** Calls in each round and for each side. */
  readonly calls: number;
  /** The same for reads of one volume, which are short. */
  readonly reads: number;
  /** Volumes of the shorter and the longer list. */
  readonly listed: readonly [number, number];
  /** Creates of one round at 32 in flight, and deletes of one drain. */
  readonly batch: number;
}

export const realAmounts: CephAmounts = { rounds: 5, calls: 40, reads: 200, listed: [1_000, 10_000], batch: 200 };
export const quickAmounts: CephAmounts = { rounds: 3, calls: 8, reads: 8, listed: [100, 400], batch: 32 };

/** What every figure of the Ceph driver is taken with. */
export interface CephBench {
  readonly amounts: CephAmounts;
  readonly place: BenchPlace;
  /** Over the native transport. */
  readonly driver: DriverWith<"reconciliation">;
  /** Another dock, over the spawned commands: other processes. */
  readonly other: VolumeDriver;
  readonly librbd: Librbd;
  readonly rbd: Rbd;
}
