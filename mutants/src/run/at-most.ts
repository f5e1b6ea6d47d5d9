/** Does pieces of work, at most so many at once; they are taken in their order. */
export async function atMost(count: number, work: readonly (() => Promise<void>)[]): Promise<void> {
  const queue = work.values();
  const take = async (): Promise<void> => {
    for (const piece of queue) await piece();
  };
  await Promise.all(Array.from({ length: count }, take));
}
