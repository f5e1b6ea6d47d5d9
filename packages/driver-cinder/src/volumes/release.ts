import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { HttpFailure } from "../transport/failure.js";

const releaseMs = 5_000;

/** Gives a reservation of our own up, also when the call is over: everybody else waits for it. What is left is taken for dead in a while. */
export async function release({ volumes }: Project, call: Call, reservationId: string, step: string): Promise<void> {
  const { ctx } = call;
  await ctx.step(step);
  const over = ctx.signal.aborted;
  const own: Call = over ? { ...call, ctx: { ...ctx, signal: AbortSignal.timeout(releaseMs), remainingMs: () => releaseMs } } : call;
  const released = volumes.detach(own, reservationId).catch((thrown: unknown) => {
    if (!(thrown instanceof HttpFailure) && !own.ctx.signal.aborted) throw thrown;
  });
  if (!over) await released;
}
