import type { Libraries } from "../libraries.js";
import { openLookingOut } from "./looking-out.js";

/** Threads that wait for operations at the most. */
const waiters = 4;
/** What one thread waits for may take long, or hang, while other operations end: looked at so often. */
const lookEveryMs = 1;
/** With so few under way the newest is waited for: what belongs together began together, and then one wait is enough for all of it. */
const few = 4;
/** So many that began together are looked for in this thread first: the two reads of one volume. */
const lone = 2;
/** Operations end about in the order in which they began: after so many in a row that have not, the rest is left for the next look. */
const enoughMisses = 8;

/** An operation that is under way, and what tells that it has ended. */
type Operation = readonly [completion: bigint, ended: () => void];

/**
 * Fulfils when an operation has ended. Many are under way at once, and a thread for each would cost more than the operations: one
 * thread waits for the oldest, or for the newest of a few, and when it comes back those about as old are looked at. Where nothing comes
 * back for a while all are looked at, and more threads wait.
 * @param endSoon whether they end within a fraction of a millisecond, as reads do: then this thread looks for a lone one itself, for a moment
 */
export function openCompletions(
  { rados, yieldProcessor }: { readonly rados: Pick<Libraries["rados"], "isComplete" | "wait">; readonly yieldProcessor: () => unknown },
  endSoon: boolean,
): (completion: bigint) => Promise<void> {
  const pending = new Map<bigint, () => void>();
  /** A thread looks at these: they are not to be released before it comes back. */
  const waitedFor = new Set<bigint>();
  const lookOut = openLookingOut(yieldProcessor);
  let timer: NodeJS.Timeout | undefined;
  /** Whether a thread has come back since the last look at all. */
  let flowing = false;

  const sweep = (mostMisses: number): void => {
    let misses = 0;
    for (const [completion, resolve] of pending) {
      if (waitedFor.has(completion)) continue;
      if (rados.isComplete(completion) === 0) {
        if ((misses += 1) >= mostMisses) return;
        continue;
      }
      misses = 0;
      pending.delete(completion);
      resolve();
    }
  };
  const next = (): Operation | undefined => {
    let oldest: Operation | undefined;
    let newest: Operation | undefined;
    let count = 0;
    for (const one of pending) {
      if (waitedFor.has(one[0])) continue;
      oldest ??= one;
      newest = one;
      if ((count += 1) > few) return oldest;
    }
    return newest;
  };
  const wait = async (): Promise<void> => {
    for (let one = next(); one !== undefined; one = next()) {
      const [completion, resolve] = one;
      waitedFor.add(completion);
      await rados.wait.async(completion);
      waitedFor.delete(completion);
      pending.delete(completion);
      resolve();
      flowing = true;
      sweep(enoughMisses);
    }
  };
  const watch = (): void => {
    if (pending.size > waitedFor.size) timer ??= setTimeout(look, lookEveryMs);
  };
  const look = (): void => {
    timer = undefined;
    if (!flowing) {
      sweep(Infinity);
      if (pending.size > waitedFor.size && waitedFor.size < waiters) void wait();
    }
    flowing = false;
    watch();
  };

  let starting: NodeJS.Immediate | undefined;
  const start = (): void => {
    starting = undefined;
    const isLone = waitedFor.size === 0 && pending.size <= lone;
    if (endSoon && isLone && lookOut(() => (sweep(Infinity), pending.size === 0))) return;
    if (waitedFor.size === 0) void wait();
    watch();
  };

  return (completion) =>
    new Promise((resolve) => {
      pending.set(completion, resolve);
      if (waitedFor.size > 0) watch();
      // What is begun in this turn of the event loop is under way by then.
      else starting ??= setImmediate(start);
    });
}
