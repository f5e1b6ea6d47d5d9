import type { CallContext } from "../driver/call-context.js";
import type { Operation } from "../errors/operations.js";
import { isMutating } from "../errors/operations.js";
import { SouthboundError } from "../errors/southbound-error.js";
import type { CallEnvironment } from "./call-environment.js";
import type { CallLimits, CallSpec } from "./call-limits.js";
import { observeCall } from "./observe.js";

/** Milliseconds after which a running call is told as slow, unless the environment says otherwise. */
const defaultSlowCallMs = 10_000;

/**
 * One piece of work that one or more callers wait for. It goes on until it settles or until every caller has given up;
 * its deadline is the latest of its callers'.
 */
export interface CallWork<Value> {
  readonly spec: CallSpec;
  readonly startedAt: Date;
  /** Whether every caller has given up while it was running; also when it has settled since: its end is no answer to a new caller. */
  abandoned(): boolean;
  /** Fulfils when the work has settled, however. */
  readonly settled: Promise<void>;
  /** Waits for the result as long as one caller's patience lasts. */
  wait(limits: CallLimits): Promise<Value>;
}

/** Starts the work. */
export function startWork<Value, Op extends Operation>(
  spec: CallSpec<Op>,
  environment: CallEnvironment,
  body: (ctx: CallContext<Op>) => Promise<Value>,
): CallWork<Value> {
  const controller = new AbortController();
  let callers = 0;
  let running = true;
  let deadlineMs = performance.now();

  const ctx: CallContext<Op> = {
    operation: spec.operation,
    signal: controller.signal,
    remainingMs: () => Math.max(0, deadlineMs - performance.now()),
    log: environment.log,
    fail: (code, reason, message, info) =>
      new SouthboundError(code, reason, message, {
        resource: spec.resource,
        outcome: isMutating(spec.operation) ? "unknown" : "none",
        ...info,
        operation: spec.operation,
        backend: spec.backend,
      }),
    step: async (name) => {
      await environment.onStep?.(spec.operation, name);
      controller.signal.throwIfAborted();
    },
  };

  // The body starts in the next microtask, after the first caller has set the deadline.
  const result = Promise.resolve()
    .then(() =>
      observeCall(
        spec,
        environment.observers ?? [],
        environment.slowCallMs ?? defaultSlowCallMs,
        () => body(ctx),
        () => controller.signal.aborted,
      ),
    )
    .finally(() => {
      running = false;
    });
  const settled = result.then(
    () => undefined,
    () => undefined,
  );

  return {
    spec,
    startedAt: new Date(),
    abandoned: () => controller.signal.aborted,
    settled,
    wait: async (limits) => {
      callers += 1;
      deadlineMs = Math.max(deadlineMs, limits.deadlineMs);
      try {
        return await limits.race(result);
      } finally {
        callers -= 1;
        if (callers === 0 && running) controller.abort(limits.ended());
      }
    },
  };
}
