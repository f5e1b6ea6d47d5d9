import type { BackendFacets, Orphan } from "@opensds/core";
import type { Bind } from "../bind.js";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import type { Leftover } from "./leftover.js";
import type { Pool } from "../pool.js";
import { groupLeftovers } from "./reconcile-groups.js";
import { imageLeftovers } from "./reconcile-images.js";
import { nameLeftovers } from "./reconcile-names.js";
import { objectLeftovers } from "./reconcile-objects.js";
import { trashLeftovers } from "./reconcile-trash.js";

const atOnce = 4;

/** Finding and mending what killed calls, and RBD's own killed commands, have left in a pool and namespace. */
export function reconcileFacet(bind: Bind): BackendFacets["reconciliation"] {
  return { reconcile: bind(reconcile) };
}

/**
 * What counts is what cells, directory and trash say; nothing is judged by its age alone that somebody may be at work on. Mending is what
 * the replay of the killed call would do, so that it may be cut off or run twice at once.
 */
async function reconcile(pool: Pool, { repair = false }: { readonly repair?: boolean | undefined }, call: Call<"reconcile">): Promise<readonly Orphan[]> {
  const found: Leftover[] = [];
  for (const look of [imageLeftovers, trashLeftovers, nameLeftovers, groupLeftovers, objectLeftovers]) found.push(...(await look(pool, call)));
  return mapBounded(found, atOnce, async ({ kind, reference, message, action, mend }) => {
    const mends = repair && mend !== undefined;
    if (mends) await mend();
    return { kind, reference, message, action, repaired: mends };
  });
}
