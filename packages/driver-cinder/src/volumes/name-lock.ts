import { GiB } from "@opensds/core";
import type { Call } from "../call.js";
import { createVolume } from "./create-volume.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { innerName } from "../records/records.js";
import { failedWith, HttpFailure } from "../transport/failure.js";
import type { CinderAttachment } from "../transport/shapes.js";

/** How long one holder may be seen before others take it for dead. It holds the lock for two requests, a fraction of a second. */
const deadMs = 10_000;
const releaseMs = 5_000;

/**
 * Does short work that only one process of the project may do at a time: what has names and no state that could be reserved, as
 * snapshots. The lock is the reservation of a volume of the driver's own, which the first one makes.
 */
export async function withNameLock<Value>(project: Project, call: Call, work: () => Promise<Value>): Promise<Value> {
  const lock = await createVolume(project, { name: innerName("lock for names"), sizeBytes: GiB, capacity: { requiredBytes: GiB, limitBytes: null }, parameters: {} }, call);
  const held = await take(project, call, lock.id);
  try {
    return await work();
  } finally {
    await release(project, call, held);
  }
}

async function take({ volumes }: Project, call: Call, id: string): Promise<CinderAttachment> {
  const pacer = createPacer();
  let seen: { readonly id: string; readonly sinceMs: number } | undefined;
  for (;;) {
    await call.ctx.step("take-name-lock");
    try {
      return await volumes.reserve(call, id, {});
    } catch (thrown) {
      if (!failedWith(thrown, 400)) throw thrown;
    }
    const [holder] = await volumes.attachments(call, id);
    if (holder === undefined) seen = undefined;
    else if (seen?.id !== holder.id) seen = { id: holder.id, sinceMs: performance.now() };
    else if (performance.now() - seen.sinceMs > deadMs) await volumes.detach(call, holder.id);
    await pacer.next(call);
  }
}

/** Also when the call is over: everybody else waits for it. */
async function release({ volumes }: Project, call: Call, held: CinderAttachment): Promise<void> {
  const { ctx } = call;
  await ctx.step("release-name-lock");
  const over = ctx.signal.aborted;
  const own: Call = over ? { ...call, ctx: { ...ctx, signal: AbortSignal.timeout(releaseMs), remainingMs: () => releaseMs } } : call;
  const released = volumes.detach(own, held.id).catch((thrown: unknown) => {
    // It is taken for dead in a while.
    if (!(thrown instanceof HttpFailure) && !own.ctx.signal.aborted) throw thrown;
  });
  if (!over) await released;
}
