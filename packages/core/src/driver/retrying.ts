import { isSouthboundError, SouthboundError } from "../errors/southbound-error.js";
import { sleep } from "../guard/sleep.js";
import type { CallOptions } from "./call-context.js";

/** How long and how to retry. */
export interface RetryOptions {
  /** Milliseconds for all attempts together, pauses included. */
  readonly timeoutMs: number;
  /** Ends the attempts with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that one attempt may take. Default: what is left. */
  readonly attemptTimeoutMs?: number | undefined;
  /** The first pause in milliseconds, before jitter; each is twice the one before. Default 200. */
  readonly firstPauseMs?: number | undefined;
  /** The longest pause in milliseconds. Default 10 000. */
  readonly maxPauseMs?: number | undefined;
}

/**
 * Calls again while the error says that it may help: `recovery` is `retry` or `wait-for-operation` and there is time for another
 * attempt. Pauses grow and are jittered; `details.retryAfterMs` of an error is obeyed. Replaying is safe also when the `outcome` is
 * unknown: every operation of the contract converges. Throws the last error when it gives up.
 * @example await retrying((options) => driver.createVolume(request, options), { timeoutMs: 120_000 })
 */
export async function retrying<Value>(call: (options: CallOptions) => Promise<Value>, options: RetryOptions): Promise<Value> {
  const deadline = performance.now() + options.timeoutMs;
  const left = (): number => deadline - performance.now();
  for (let attempt = 0; ; attempt += 1) {
    const timeoutMs = Math.max(1, Math.min(left(), options.attemptTimeoutMs ?? Infinity));
    try {
      return await call({ timeoutMs, signal: options.signal });
    } catch (error) {
      if (!isSouthboundError(error) || !mayHelp(error)) throw error;
      const pauseMs = pauseAfter(error, attempt, options);
      if (pauseMs >= left()) throw error;
      await pause(pauseMs, error, options.signal);
    }
  }
}

/** A cancelled call would say `retry` too, but its caller wants to hear of no more attempts. */
function mayHelp(error: SouthboundError): boolean {
  if (error.code === "CANCELLED") return false;
  return error.recovery === "retry" || error.recovery === "wait-for-operation";
}

function pauseAfter(error: SouthboundError, attempt: number, options: RetryOptions): number {
  const grown = (options.firstPauseMs ?? 200) * 2 ** Math.min(attempt, 30);
  const jittered = Math.min(grown, options.maxPauseMs ?? 10_000) * (0.5 + Math.random() / 2);
  const { retryAfterMs } = error.details;
  return typeof retryAfterMs === "number" ? Math.max(retryAfterMs, jittered) : jittered;
}

async function pause(ms: number, cause: SouthboundError, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, signal);
  } catch {
    throw new SouthboundError("CANCELLED", "cancelled-by-caller", "cancelled between two attempts", {
      operation: cause.operation,
      backend: cause.backend,
      resource: cause.resource,
      outcome: cause.outcome,
      cause,
    });
  }
}
