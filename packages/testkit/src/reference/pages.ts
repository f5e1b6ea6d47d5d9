import type { BackendPageRequest, CallContext, Page } from "@opensds/core";
import { readAll } from "./find-record.js";
import { decodeToken, encodeToken } from "./page-token.js";
import type { Identified, RecordStore, Stored } from "./store.js";

/** The operations that list page by page. */
type Lists = "listVolumes" | "listSnapshots" | "listGroups" | "listTrash" | "listImportable";

/**
 * One page, in the order of the places: stable, whatever is made or deleted between two pages.
 * @param places all there are, in order; each a string that may stand in a token
 * @param read reads what is at some places, in order; what is gone by then, or not wanted, gives no item
 */
export async function pageOf<Item>(
  places: readonly string[],
  { pageSize, token }: BackendPageRequest,
  ctx: CallContext<Lists>,
  read: (places: readonly string[]) => Promise<readonly Item[]>,
): Promise<Page<Item>> {
  const after = token === undefined ? "" : readToken(token, ctx);
  const rest = places.filter((place) => place > after);
  const items: Item[] = [];
  let taken = 0;
  // A place that gives no item leaves room: go on until the page is full or the places are used up.
  while (items.length < pageSize && taken < rest.length) {
    const some = rest.slice(taken, taken + pageSize - items.length);
    taken += some.length;
    items.push(...(await read(some)));
  }
  const last = rest[taken - 1];
  return taken < rest.length && last !== undefined ? { items, nextToken: encodeToken(last) } : { items };
}

/** One page of a store's records, in the order of their keys. */
export async function recordPage<Record extends Identified, Item>(
  store: RecordStore<Record>,
  request: BackendPageRequest,
  ctx: CallContext<Lists>,
  toItems: (stored: Stored<Record>) => readonly Item[],
): Promise<Page<Item>> {
  return pageOf(await store.keys(), request, ctx, async (keys) => (await readAll(store, keys, ctx)).flatMap(toItems));
}

function readToken(token: string, ctx: CallContext<Lists>): string {
  const place = decodeToken(token);
  if (place !== undefined) return place;
  throw ctx.fail("ABORTED", "bad-token", "startToken is not a token of this driver; list from the beginning", { recovery: "fix-request" });
}
