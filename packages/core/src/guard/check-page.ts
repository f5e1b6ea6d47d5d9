import type * as v from "valibot";
import { SouthboundError } from "../errors/southbound-error.js";
import type { Page } from "../model/listing.js";
import type { CallSpec } from "./call-limits.js";
import { checkResult } from "./check.js";

/** Reads a page that a driver returned: not more than was asked for, and every item what the contract says. */
export function checkPage<Item>(
  page: Page<Item>,
  itemSchema: v.GenericSchema<unknown, Item>,
  pageSize: number,
  spec: CallSpec,
  what: string,
): Page<Item> {
  if (page.items.length > pageSize) {
    const message = `${spec.operation} returned ${page.items.length} ${what}s on a page of ${pageSize}`;
    throw new SouthboundError("INTERNAL", "driver-broke-contract", message, { ...spec, outcome: "none" });
  }
  const items = page.items.map((item) => checkResult(itemSchema, item, spec, what));
  return page.nextToken === undefined ? { items } : { items, nextToken: page.nextToken };
}
