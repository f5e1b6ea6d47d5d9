/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Present when there may be more: hand it in as `startToken`. Plain, opaque, and good after a restart. */
  readonly nextToken?: string | undefined;
}

/**
 * A list that is fetched as it is read. Iterate it for the items, or take `.pages()` where the tokens matter. Leaving
 * the loop early cancels the page under way.
 */
export interface Listing<Item> extends AsyncIterable<Item> {
  /** The same list page by page. */
  pages(): AsyncIterable<Page<Item>>;
}
