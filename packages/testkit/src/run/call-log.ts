import { errorToJSON, isSouthboundError } from "@opensds/core";
import { inspect } from "node:util";
import { CheckFailure } from "./outcome.js";

/** One call to a driver, as a failure's story tells it. */
export interface CallRecord {
  /** Which driver or worker: `driver`, `driver 2`, `worker 1`. */
  readonly by: string;
  readonly operation: string;
  /** The request, shortened. */
  readonly request: string;
  /** What it returned or how it failed, shortened; `still running` for a call that has not ended. */
  readonly result: string;
  readonly failed: boolean;
  /** Milliseconds since the check began. */
  readonly atMs: number;
  readonly ms: number;
}

/** Records the calls of one check. */
export interface CallLog {
  /** Runs a call and records it. */
  record<Value>(by: string, operation: string, request: unknown, call: () => Promise<Value>): Promise<Value>;
  records(): readonly CallRecord[];
}

interface OpenRecord {
  readonly by: string;
  readonly operation: string;
  readonly request: string;
  readonly startedMs: number;
  end?: { readonly result: string; readonly failed: boolean; readonly ms: number };
}

const maxText = 400;

/** A value on one line, shortened. Secrets print as `[secret]`: their own `toJSON` and inspect see to that. */
export function describeValue(value: unknown, longest = maxText): string {
  if (isSouthboundError(value)) return `${value.code} ${value.reason} (outcome ${value.outcome}): ${shorten(value.message, longest)}`;
  if (value instanceof Error) return shorten(`${value.name}: ${value.message}`, longest);
  return shorten(inspect(value, { depth: 6, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 20 }), longest);
}

function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}... (${text.length} characters)`;
}

/** Makes the log of one check, which begins now. */
export function createCallLog(): CallLog {
  const beganMs = performance.now();
  const open: OpenRecord[] = [];
  return {
    record: async (by, operation, request, call) => {
      const startedMs = performance.now();
      const entry: OpenRecord = { by, operation, request: request === undefined ? "" : describeValue(request), startedMs };
      open.push(entry);
      const end = (result: string, failed: boolean): void => {
        entry.end = { result, failed, ms: performance.now() - startedMs };
      };
      try {
        const value = await begin(operation, call);
        end(value === undefined ? "done" : describeValue(value), false);
        return value;
      } catch (error) {
        end(describeFailure(error), true);
        throw error;
      }
    },
    records: () =>
      open.map(({ by, operation, request, startedMs, end }) => ({
        by,
        operation,
        request,
        result: end?.result ?? "still running",
        failed: end?.failed ?? false,
        atMs: Math.round(startedMs - beganMs),
        ms: Math.round(end?.ms ?? performance.now() - startedMs),
      })),
  };
}

/** SB-ERROR-3: a failure comes by the promise. A driver that throws from the call itself would end a caller who does not wait. */
function begin<Value>(operation: string, call: () => Promise<Value>): Promise<Value> {
  try {
    return call();
  } catch (error) {
    throw new CheckFailure(`${operation} threw from the call itself`, "a promise that is rejected", describeValue(error), error);
  }
}

function describeFailure(error: unknown): string {
  const { cause } = errorToJSON(error);
  const because = cause === undefined ? "" : ` [cause: ${shorten(cause.message, 120)}]`;
  return `${describeValue(error)}${because}`;
}
