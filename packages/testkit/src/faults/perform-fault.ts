import { SouthboundError, type CallContext, type ErrorCode, type Operation } from "@opensds/core";
import type { AnyFault, ErrorFault } from "./fault.js";

/** Serves a call with a fault in it. `work` is the backend's own. */
export async function performFault<Value, Op extends Operation>(
  fault: AnyFault,
  ctx: CallContext<Op>,
  work: (ctx: CallContext<Op>) => Value | Promise<Value>,
): Promise<Value> {
  switch (fault.when) {
    case "before-applied":
      throw injectedError(fault, ctx);
    case "after-applied":
      // Lost is whatever the backend said, its own error included.
      await Promise.resolve(work(ctx)).catch(() => undefined);
      throw injectedError(fault, ctx);
    case "hang":
      return untilAborted(ctx.signal);
    case "hang-deaf":
      return new Promise<never>(() => undefined);
    case "late": {
      const [answer] = await Promise.allSettled([work(deaf(ctx)), delay(fault.afterMs)]);
      if (answer.status === "rejected") throw answer.reason;
      return answer.value;
    }
    case "late-applied":
      await delay(fault.afterMs);
      return work(deaf(ctx));
    case "slow-page":
      await Promise.race([delay(fault.afterMs), untilAborted(ctx.signal)]);
      return work(ctx);
  }
}

function injectedError(fault: ErrorFault<ErrorCode>, { operation }: { readonly operation: Operation }): SouthboundError {
  const applied = fault.when === "after-applied";
  const what = applied ? "it was done and the reply was lost" : "nothing was done";
  return new SouthboundError(fault.code, fault.reason ?? "injected-fault", fault.message ?? `${operation}: a fault of the test: ${what}`, {
    outcome: applied ? "unknown" : "none",
    recovery: fault.recovery,
    details: fault.details,
  });
}

/** Takes `setTimeout` from the global when it is called, so that fake timers drive it. Never keeps a process alive. */
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal.reason }));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** The context of a call that goes on when nobody waits for it any more. */
function deaf<Op extends Operation>(ctx: CallContext<Op>): CallContext<Op> {
  return {
    ...ctx,
    signal: new AbortController().signal,
    step: async (name) => {
      try {
        await ctx.step(name);
      } catch (error) {
        if (!ctx.signal.aborted) throw error;
      }
    },
  };
}
