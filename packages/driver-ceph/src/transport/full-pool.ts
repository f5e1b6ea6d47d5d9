import type { Call } from "../call.js";
import type { CommandRun, RunCommand } from "./command.js";

/** How long a command may take before we ask whether the pool is full: librados waits for room instead of saying so. */
const suspiciousAfterMs = 2_000;

/**
 * Ends commands that wait for room in a full pool, which would otherwise take until the deadline: they fail with EDQUOT.
 * That is every write, and in a namespace the reads of `rbd` too, which writes to make sure of the namespace.
 */
export function endWhereFull(run: RunCommand, isFull: (call: Call) => Promise<boolean>): RunCommand {
  return async (call, command: CommandRun) => {
    const full = new AbortController();
    const timer = setTimeout(() => {
      // An unanswered question leaves the command to its own time limit.
      void isFull(call).then(
        (yes) => yes && full.abort(),
        () => undefined,
      );
    }, suspiciousAfterMs);
    try {
      return await run(call, { ...command, poolIsFull: full.signal });
    } finally {
      clearTimeout(timer);
    }
  };
}
