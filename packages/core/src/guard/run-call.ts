import type { CallContext } from "../driver/call-context.js";
import type { Operation } from "../errors/operations.js";
import type { CallEnvironment } from "./call-environment.js";
import { openCallLimits, type BoundedCallOptions, type CallSpec } from "./call-limits.js";
import { startWork } from "./call-work.js";

/** Runs a call that is never joined to another: it returns by its deadline and fails with a `SouthboundError` only. */
export async function runCall<Value, Op extends Operation>(
  spec: CallSpec<Op>,
  environment: CallEnvironment,
  options: BoundedCallOptions | undefined,
  body: (ctx: CallContext<Op>) => Promise<Value>,
): Promise<Value> {
  let started = false;
  const limits = openCallLimits(spec, options, () => started);
  try {
    const ended = limits.ended();
    if (ended !== undefined) throw ended;
    started = true;
    return await startWork(spec, environment, body).wait(limits);
  } finally {
    limits.close();
  }
}
