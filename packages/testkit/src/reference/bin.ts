import type { StoreCall } from "./store.js";
import type { VolumeRecord } from "./volume-record.js";

/** A deleted volume that can be had back. */
export interface BinnedVolume {
  readonly record: VolumeRecord;
  /** ISO 8601, UTC. */
  readonly deletedAt: string;
}

/** Where deleted volumes are until they are purged: volumes come in by `remove(current, call, "binned")`. */
export interface Bin {
  /** The ids of what is in it, in order. */
  ids(): Promise<readonly string[]>;
  read(id: string, call: StoreCall): Promise<BinnedVolume | undefined>;
  /** Makes it a volume again, under a name that may be another than it had. `taken`: the name; `gone`: it is not here. */
  restore(id: string, name: string, call: StoreCall): Promise<"restored" | "taken" | "gone">;
  /** Does away with it for good. Not here: does nothing. */
  purge(id: string, call: StoreCall): Promise<void>;
}
