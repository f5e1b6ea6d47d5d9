import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "./call.js";

const shortestMs = 40;
const longestMs = 1_000;

/** A short pause before looking again at something that changes soon. */
export const pause = (call: Call, ms: number = shortestMs): Promise<void> => sleep(ms * (0.75 + Math.random() / 2), undefined, { signal: call.ctx.signal });

/** How long to wait before each next look: short at first, then in proportion to how long it has taken already. */
export function createPacer(): { next(call: Call): Promise<void> } {
  const begun = performance.now();
  return {
    next: async (call) => {
      const waited = performance.now() - begun;
      await pause(call, Math.min(longestMs, Math.max(shortestMs, waited / 8)));
    },
  };
}
