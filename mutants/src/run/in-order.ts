/** Does pieces of work, at most so many at once; the results are in the order of the pieces. */
export async function inOrder<Value>(work: readonly (() => Promise<Value>)[], mostAtOnce: number): Promise<readonly Value[]> {
  const results = new Map<number, Value>();
  const queue = work.entries();
  const take = async (): Promise<void> => {
    for (const [index, piece] of queue) results.set(index, await piece());
  };
  await Promise.all(Array.from({ length: mostAtOnce }, take));
  return [...results].sort(([one], [other]) => one - other).map(([, value]) => value);
}
