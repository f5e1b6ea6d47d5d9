import type { CallOptions } from "../driver/call-context.js";

/** Something half-made or half-removed that a crash left, and what would mend it. */
export interface Orphan {
  /** Stable, in kebab case: `half-made-image`, `closed-for-delete`. */
  readonly kind: string;
  /** How the backend itself calls it. */
  readonly reference: string;
  readonly message: string;
  /** What `reconcile` does about it; `report` where only an operator can decide. */
  readonly action: "finish" | "undo" | "report";
  /** Whether it was mended in this run. */
  readonly repaired: boolean;
}

/** Finding and mending what crashes left behind. */
export interface ReconcileFacet {
  /** Looks, and mends where `repair` is true (default false). What is being made right now is left alone (SB-RECONCILE-1 to 3). */
  reconcile(request?: { readonly repair?: boolean | undefined }, options?: CallOptions): Promise<readonly Orphan[]>;
}
