import { abandon } from "./group-members.js";
import type { Leftover, StoreCall } from "./store.js";
import type { Stores } from "./stores.js";

/** Takes away groups that are not complete: nobody has been shown them, and whoever is at it starts over. */
export async function sweepGroups(stores: Pick<Stores, "groups">, call: StoreCall, repair: boolean): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const key of await stores.groups.keys()) {
    call.signal.throwIfAborted();
    const group = await stores.groups.read(key, call);
    if (group === undefined || group.record.complete) continue;
    found.push({ kind: "half-made", reference: group.record.id, message: "not all of its volumes were taken into this group", action: "undo" });
    if (repair) await abandon(stores, group, call);
  }
  return found;
}
