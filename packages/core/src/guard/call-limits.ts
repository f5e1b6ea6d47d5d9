import { setMaxListeners } from "node:events";
import type { CallOptions } from "../driver/call-context.js";
import type { Operation } from "../errors/operations.js";
import { isMutating } from "../errors/operations.js";
import { SouthboundError } from "../errors/southbound-error.js";

/** Milliseconds a call may take when neither the call nor the backends file says. */
export const defaultTimeoutMs = 60_000;

/** The longest delay that a timer takes. */
const maxTimeoutMs = 2 ** 31 - 1;

/** Who calls what: enough to word an error. */
export interface CallSpec<Op extends Operation = Operation> {
  readonly operation: Op;
  readonly backend?: string | undefined;
  readonly resource?: string | undefined;
  /** Milliseconds when the caller gives none. */
  readonly defaultTimeoutMs?: number | undefined;
}

/** A call's options with what ends it besides its caller's own signal: the driver's closing, a reader that left its loop. */
export interface BoundedCallOptions extends CallOptions {
  /**
   * Listened to one by one: `AbortSignal.any` costs more than the rest of the guard, and on Node 20 its results pile up on a signal
   * that lives long.
   */
  readonly alsoEndedBy?: readonly AbortSignal[] | undefined;
}

/** One caller's patience: when it ends, and why. */
export interface CallLimits {
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** Settles the caller's promise when its patience ends first. */
  race<Value>(work: Promise<Value>): Promise<Value>;
  /** Undefined while there is patience left. */
  ended(): SouthboundError | undefined;
  close(): void;
}

/**
 * Starts one caller's deadline and listens to its signal.
 * @param started tells whether work has begun: what ends before that has the outcome `none`
 */
export function openCallLimits(spec: CallSpec, options: BoundedCallOptions | undefined, started: () => boolean): CallLimits {
  const timeoutMs = checkTimeout(spec, options?.timeoutMs ?? spec.defaultTimeoutMs ?? defaultTimeoutMs);
  const signal = checkSignal(spec, options?.signal);
  const signals = [...(signal === undefined ? [] : [signal]), ...(options?.alsoEndedBy ?? [])];
  const deadlineMs = performance.now() + timeoutMs;
  const outcome = (): "none" | "unknown" => (isMutating(spec.operation) && started() ? "unknown" : "none");

  let reject: ((error: SouthboundError) => void) | undefined;
  let end: SouthboundError | undefined;
  const finish = (error: SouthboundError): void => {
    end ??= error;
    reject?.(end);
  };
  const late = (): void => {
    const message = `${spec.operation} did not end within ${timeoutMs} ms`;
    finish(new SouthboundError("DEADLINE_EXCEEDED", "deadline-exceeded", message, { ...spec, outcome: outcome(), details: { timeoutMs } }));
  };
  const timer = setTimeout(late, timeoutMs);
  const cancel = (): void => {
    const byCaller = signal?.aborted === true;
    const [reason, message] = byCaller
      ? ["cancelled-by-caller", `${spec.operation} was cancelled by its caller`]
      : ["closing", `${spec.operation} was ended because the driver is being closed`];
    const cause: unknown = byCaller ? signal.reason : undefined;
    finish(new SouthboundError("CANCELLED", reason, message, { ...spec, outcome: outcome(), cause }));
  };
  for (const one of signals) {
    if (one.aborted) {
      cancel();
      continue;
    }
    // As many calls as there are share one signal; Node would warn of a leak from the eleventh on.
    setMaxListeners(0, one);
    one.addEventListener("abort", cancel, { once: true });
  }

  return {
    deadlineMs,
    ended: () => {
      // Timers fire late, and never within the millisecond: work does not begin after its deadline.
      if (end === undefined && performance.now() >= deadlineMs) late();
      return end;
    },
    race: (work) =>
      new Promise((resolve, rejectCaller) => {
        reject = rejectCaller;
        if (end !== undefined) rejectCaller(end);
        work.then(resolve, rejectCaller);
      }),
    close: () => {
      clearTimeout(timer);
      for (const one of signals) one.removeEventListener("abort", cancel);
    },
  };
}

function checkTimeout(spec: CallSpec, timeoutMs: number): number {
  if (typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs <= maxTimeoutMs) return timeoutMs;
  throw new SouthboundError(
    "INVALID_ARGUMENT",
    "bad-call-options",
    `timeoutMs is ${String(timeoutMs)}; give a number of milliseconds above 0 and at most ${maxTimeoutMs}`,
    { ...spec, outcome: "none" },
  );
}

function checkSignal(spec: CallSpec, signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new SouthboundError("INVALID_ARGUMENT", "bad-call-options", "signal is not an AbortSignal", { ...spec, outcome: "none" });
}
