/** Does work on every item, a few at a time, and keeps the order. The first failure ends it; no further item is begun. */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<number, Result>();
  const queue = items.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results.set(index, await work(item));
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  for (const ended of workers) if (ended.status === "rejected") throw ended.reason;
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
