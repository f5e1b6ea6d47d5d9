import { GiB } from "@opensds/core";
import type { Call } from "../call.js";
import { createVolume } from "./create-volume.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { innerName } from "../records/records.js";
import { release } from "./release.js";
import { failedWith } from "../transport/failure.js";
import type { CinderAttachment } from "../transport/shapes.js";

/** How long one holder may be seen before others take it for dead. It holds the lock for two requests, a fraction of a second. */
const deadMs = 10_000;

/**
 * Does short work that only one process of the project may do at a time: what has names and no state that could be reserved, as
 * snapshots. The lock is the reservation of a volume of the driver's own, which the first one makes.
 */
export async function withNameLock<Value>(project: Project, call: Call, work: () => Promise<Value>): Promise<Value> {
  let held: CinderAttachment | undefined;
  while (held === undefined) held = await take(project, call, await lockOf(project, call));
  try {
    return await work();
  } finally {
    await release(project, call, held.id, "release-name-lock");
  }
}

/** Each project's lock, as it was last seen: it stays where it is, unless somebody deletes it. */
const locks = new WeakMap<Project, string>();

async function lockOf(project: Project, call: Call): Promise<string> {
  const known = locks.get(project);
  if (known !== undefined) return known;
  const { id } = await createVolume(project, { name: innerName("lock for names"), sizeBytes: GiB, capacity: { requiredBytes: GiB, limitBytes: null }, parameters: {} }, call);
  locks.set(project, id);
  return id;
}

/** Undefined: that lock is not there any more. */
async function take(project: Project, call: Call, id: string): Promise<CinderAttachment | undefined> {
  const { volumes } = project;
  const pacer = createPacer();
  let seen: { readonly id: string; readonly sinceMs: number } | undefined;
  for (;;) {
    await call.ctx.step("take-name-lock");
    try {
      return await volumes.reserve(call, id, {});
    } catch (thrown) {
      if (failedWith(thrown, 404)) {
        locks.delete(project);
        return undefined;
      }
      if (!failedWith(thrown, 400)) throw thrown;
    }
    const [holder] = await volumes.attachments(call, id);
    if (holder === undefined) seen = undefined;
    else if (seen?.id !== holder.id) seen = { id: holder.id, sinceMs: performance.now() };
    else if (performance.now() - seen.sinceMs > deadMs) await volumes.detach(call, holder.id);
    await pacer.next(call);
  }
}
