import type { Call } from "./call.js";

/**
 * How long after its deadline a call may still be believed to be at work: clocks differ, and a command that outlives its
 * process ends by its own time limit.
 */
const lateMs = 30_000;

/** When everything that a call has started has surely ended. */
export const endOf = ({ ctx }: Call): Date => new Date(Date.now() + ctx.remainingMs() + lateMs);

/** Whether a moment that a cell holds has passed. */
export const hasPassed = (until: string): boolean => new Date(until).getTime() < Date.now();
