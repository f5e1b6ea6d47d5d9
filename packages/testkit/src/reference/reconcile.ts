import type { BackendFacets } from "@opensds/core";
import type { Parts } from "./parts.js";

/**
 * What the sweep finds, which setup runs by itself. A change that another process is in the middle of may be told too: mending it makes
 * that process start over, or finishes its work, and harms nothing.
 */
export function reconcileFacet({ sweep, explained }: Parts): BackendFacets["reconciliation"] {
  return {
    reconcile: ({ repair = false }, ctx) =>
      explained(async () => {
        const leftovers = (await sweep?.(ctx, repair)) ?? [];
        return leftovers.map((leftover) => ({ ...leftover, repaired: repair && leftover.action !== "report" }));
      }),
  };
}
