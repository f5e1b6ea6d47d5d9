import type { Logger } from "../driver/logger.js";
import type { CallObserver, ObservedCall } from "./observe.js";

/** Writes calls that failed, were slow or ended unseen to the injected logger. */
export function logObserver(log: Logger): CallObserver {
  return {
    begin: (call) => ({
      slow: (durationMs) => log.warn(`${describe(call)} has been running for ${durationMs.toFixed(0)} ms`),
      end: ({ durationMs, error, late }) => {
        const took = `${describe(call)} took ${durationMs.toFixed(0)} ms`;
        if (late) log.warn(`${took} and ended after its callers had given up${error === undefined ? ": it may have changed something" : ""}`);
        else if (error === undefined) log.debug(took);
        else log.info(`${took}: ${error.code} ${error.reason}`);
      },
    }),
  };
}

function describe({ operation, backend, resource }: ObservedCall): string {
  return [operation, backend === undefined ? "" : `on ${backend}`, resource === undefined ? "" : `(${JSON.stringify(resource)})`]
    .filter((part) => part !== "")
    .join(" ");
}
