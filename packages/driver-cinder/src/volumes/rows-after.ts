/** Asks for rows in the order of their ids; undefined when the marker is not there any more. */
type ReadPage<Row> = (query: { readonly limit: number; readonly sort: string; readonly marker?: string }) => Promise<readonly Row[] | undefined>;

const sort = "id:asc";
/** The most that Cinder gives at once. */
const largestPage = 1000;

/**
 * The next rows after the last of these ids, up to a count; fewer mean the end. Cinder refuses a marker that was deleted: then the one
 * before it is taken, and when none is left the walk begins anew and what the reader has already is left out.
 */
export async function rowsAfter<Row extends { readonly id: string }>(page: ReadPage<Row>, after: readonly string[], count: number): Promise<readonly Row[]> {
  const last = after.at(-1) ?? "";
  for (const marker of after.toReversed()) {
    const found = await walk(page, marker, last, count);
    if (found !== undefined) return found;
  }
  for (;;) {
    const found = await walk(page, undefined, last, count);
    if (found !== undefined) return found;
  }
}

/** Rows from a marker on; undefined when one of its markers is not there any more. */
async function walk<Row extends { readonly id: string }>(
  page: ReadPage<Row>,
  from: string | undefined,
  last: string,
  count: number,
): Promise<readonly Row[] | undefined> {
  const found: Row[] = [];
  // What comes right after the last id needs no more than was asked for.
  const limit = from === last || last === "" ? count : largestPage;
  for (let marker = from; ; ) {
    const rows = await page({ limit, sort, ...(marker !== undefined && { marker }) });
    if (rows === undefined) return undefined;
    found.push(...rows.filter(({ id }) => id > last));
    if (found.length >= count || rows.length < limit) return found.slice(0, count);
    marker = rows.at(-1)?.id;
  }
}
