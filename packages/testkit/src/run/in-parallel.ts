/** Runs the work for each item, at most so many at once; the results are in the items' order. */
export async function inParallel<Item, Value>(
  items: readonly Item[],
  work: (item: Item) => Promise<Value>,
  mostAtOnce = 4,
): Promise<readonly Value[]> {
  const results = new Map<number, Value>();
  const queue = items.entries();
  const take = async (): Promise<void> => {
    for (const [index, item] of queue) results.set(index, await work(item));
  };
  await Promise.all(Array.from({ length: mostAtOnce }, take));
  return [...results].sort(([one], [other]) => one - other).map(([, value]) => value);
}
