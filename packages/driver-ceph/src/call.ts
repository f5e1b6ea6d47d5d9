import { setMaxListeners } from "node:events";
import type { CallContext, Operation } from "@opensds/core";

/** One call as the driver's inner parts see it: its context, and whether any command that changes something was started. */
export interface Call<Op extends Operation = Operation> {
  readonly ctx: CallContext<Op>;
  /** True from just before the first command that may change the cluster. */
  changed: boolean;
}

/** Starts the bookkeeping of one call. */
export function openCall<Op extends Operation>(ctx: CallContext<Op>): Call<Op> {
  // Every command and every request of a call listens to its end; Node would warn of a leak from the eleventh at once on.
  setMaxListeners(0, ctx.signal);
  return { ctx, changed: false };
}
