import type { CallContext, Operation } from "@opensds/core";

/** One call as the driver's inner parts see it: its context, and whether any request that changes something was sent. */
export interface Call<Op extends Operation = Operation> {
  readonly ctx: CallContext<Op>;
  /** True from just before the first request that may change the cloud. */
  changed: boolean;
}

/** Starts the bookkeeping of one call. */
export const openCall = <Op extends Operation>(ctx: CallContext<Op>): Call<Op> => ({ ctx, changed: false });
