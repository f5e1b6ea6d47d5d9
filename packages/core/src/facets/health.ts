import type { CallOptions } from "../driver/call-context.js";
import type { VolumeId } from "../model/ids.js";
import type { Amount } from "./pools.js";

/** How a volume fares. */
export interface VolumeHealth {
  /** `degraded`: works, with less safety or speed. `failed`: cannot be used. */
  readonly condition: "healthy" | "degraded" | "failed" | "unknown";
  /** One line each, for people. */
  readonly findings: readonly string[];
  /** What the volume really occupies, before replication. */
  readonly used: Amount;
  /** Who has it open, as the backend sees it: addresses or host names. */
  readonly openedBy: readonly string[];
}

/** Health and usage of a volume. */
export interface HealthFacet {
  /** Asks the backend anew (SB-HEALTH-1, 2). NOT_FOUND `volume-not-found` when there is no such volume. */
  getHealth(request: { readonly id: VolumeId }, options?: CallOptions): Promise<VolumeHealth>;
}
