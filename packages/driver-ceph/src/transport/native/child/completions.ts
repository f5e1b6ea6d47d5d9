import type { Libraries } from "./libraries.js";

/** Threads that wait for operations at the most. */
const waiters = 4;
/** What one thread waits for may take long, or hang, while other operations end: looked at so often. */
const lookEveryMs = 1;

/**
 * Fulfils when an operation has ended. Many are under way at once, and a thread for each would cost more than the operations: one
 * thread waits for the oldest, and when it comes back all are looked at. More threads wait where the oldest takes long.
 */
export function openCompletions({ rados }: Pick<Libraries, "rados">): (completion: bigint) => Promise<void> {
  const pending = new Map<bigint, () => void>();
  /** A thread looks at these: they are not to be released before it comes back. */
  const waitedFor = new Set<bigint>();
  let timer: NodeJS.Timeout | undefined;

  const sweep = (): void => {
    for (const [completion, resolve] of pending) {
      if (waitedFor.has(completion) || rados.isComplete(completion) === 0) continue;
      pending.delete(completion);
      resolve();
    }
  };
  const wait = async (): Promise<void> => {
    for (const [completion] of pending) {
      if (waitedFor.has(completion)) continue;
      waitedFor.add(completion);
      await rados.wait.async(completion);
      waitedFor.delete(completion);
      sweep();
    }
  };
  const watch = (): void => {
    if (pending.size > waitedFor.size) timer ??= setTimeout(look, lookEveryMs);
  };
  const look = (): void => {
    timer = undefined;
    sweep();
    if (pending.size > waitedFor.size && waitedFor.size < waiters) void wait();
    watch();
  };

  return (completion) =>
    new Promise((resolve) => {
      pending.set(completion, resolve);
      if (waitedFor.size === 0) void wait();
      else watch();
    });
}
