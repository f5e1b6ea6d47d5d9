import type { Operation } from "@opensds/core";
import type { AnyFault, AnyFaults, Faults } from "./fault.js";

/** A fault that has not happened as often as it should have. */
export interface UnusedFault {
  readonly operation: string;
  readonly when: AnyFault["when"];
  /** How many calls are missing. */
  readonly times: number;
}

/** Faults and how often each is still to happen. */
export interface FaultPlan {
  /** The fault that this call has, which is thereby used once. */
  take(operation: Operation, request: unknown): AnyFault | undefined;
  /** What has not happened yet; faults that happen `always` are never missing. */
  unused(): readonly UnusedFault[];
}

/** The longest delay that a timer takes. */
const maxDelayMs = 2 ** 31 - 1;

/** Reads the faults; a wrong number is a mistake of the test, thrown at once. */
export function createFaultPlan(faults: Faults): FaultPlan {
  const written: AnyFaults = faults;
  const entries = Object.entries(written).flatMap(([operation, list]) =>
    (list ?? []).map((fault) => ({ operation, fault, left: timesOf(operation, fault) })),
  );
  return {
    take: (operation, request) => {
      const entry = entries.find(
        ({ operation: planned, fault, left }) => planned === operation && left > 0 && (fault.match?.(request) ?? true),
      );
      if (entry === undefined) return undefined;
      entry.left -= 1;
      return entry.fault;
    },
    unused: () =>
      entries
        .filter(({ left }) => left > 0 && left !== Infinity)
        .map(({ operation, fault, left }) => ({ operation, when: fault.when, times: left })),
  };
}

function timesOf(operation: string, fault: AnyFault): number {
  const refuse = (what: string): Error => new TypeError(`faults of ${operation}: ${what}`);
  if ("afterMs" in fault && !(fault.afterMs >= 0 && fault.afterMs <= maxDelayMs)) {
    throw refuse(`afterMs is ${fault.afterMs}; give 0 to ${maxDelayMs} milliseconds`);
  }
  const { times, always = false } = fault;
  if (always && times !== undefined) throw refuse("give either times or always, not both");
  if (times !== undefined && !(Number.isSafeInteger(times) && times > 0)) throw refuse(`times is ${times}; give a whole number above 0`);
  return always ? Infinity : (times ?? 1);
}
