import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "./call.js";

const shortestMs = 40;
const longestMs = 1_000;
/** How many past durations of a kind of work are remembered. */
const remembered = 8;

/** A short pause before looking again at something that changes soon. */
export const pause = (call: Call, ms: number = shortestMs): Promise<void> => sleep(ms * (0.75 + Math.random() / 2), undefined, { signal: call.ctx.signal });

/** The waits of one call for one thing. */
export interface Pacer {
  /** Waits until the next look is due. */
  next(call: Call): Promise<void>;
  /** What was waited for is there. */
  done(): void;
}

/** Paces looks, by what the same kind of work has taken before. */
export type Paces = (work: string) => Pacer;

/**
 * How long to wait before the next look: half of the time that the quickest of the last few took and that is not over yet, then in
 * proportion to how long it has taken already. Slow work is looked at a few times only, and quick work is not noticed late.
 */
export function nextLookMs(waitedMs: number, expectedMs: number): number {
  const ahead = (expectedMs - waitedMs) / 2;
  return Math.min(longestMs * 5, Math.max(shortestMs, ahead, Math.min(longestMs, waitedMs / 8)));
}

/** Remembers how long work took, for as long as the backend is open. */
export function createPaces(): Paces {
  const taken = new Map<string, readonly number[]>();
  return (work) => {
    const begun = performance.now();
    const expectedMs = Math.min(...(taken.get(work) ?? [0]));
    return {
      next: (call) => pause(call, nextLookMs(performance.now() - begun, expectedMs)),
      done: () => {
        taken.set(work, [...(taken.get(work) ?? []), performance.now() - begun].slice(-remembered));
      },
    };
  };
}

/** Paces looks at what no other time is known of. */
export const createPacer = (): Pacer => createPaces()("");
