import type { Listing, Page } from "../model/listing.js";
import type { BoundedCallOptions } from "./call-limits.js";
import { withStop } from "./lifecycle.js";

/**
 * Makes the list that callers read out of a function that fetches one page. Leaving the loop early aborts the page under
 * way; `timeoutMs` bounds each page.
 */
export function createListing<Item>(
  fetchPage: (token: string | undefined, options: BoundedCallOptions) => Promise<Page<Item>>,
  startToken: string | undefined,
  options: BoundedCallOptions,
): Listing<Item> {
  async function* pages(): AsyncGenerator<Page<Item>, void, void> {
    const left = new AbortController();
    let token = startToken;
    try {
      do {
        const page = await fetchPage(token, withStop(options, left.signal));
        yield page;
        token = page.nextToken;
      } while (token !== undefined);
    } finally {
      left.abort();
    }
  }

  async function* items(): AsyncGenerator<Item, void, void> {
    for await (const page of pages()) yield* page.items;
  }

  return { pages, [Symbol.asyncIterator]: items };
}
