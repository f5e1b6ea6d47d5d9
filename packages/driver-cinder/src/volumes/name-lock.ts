import { GiB } from "@opensds/core";
import type { Call } from "../call.js";
import { createVolume } from "./create-volume.js";
import { candidatesOf } from "./get-volume.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { innerName } from "../records/records.js";
import { release } from "./release.js";
import { failedWith } from "../transport/failure.js";
import type { CinderAttachment } from "../transport/shapes.js";

/** How long one holder may be seen before others take it for dead. It holds the lock for a few requests, a second at most. */
const deadMs = 10_000;

/**
 * Does short work that only one process of the project may do at a time: what has names and no state that could be reserved, as
 * snapshots. The lock is the reservation of a volume of the driver's own, which the first one makes.
 */
export const withNameLock = <Value>(project: Project, call: Call, work: () => Promise<Value>): Promise<Value> => withLock(project, call, makeLock, work);

/** The same where somebody has ever made the lock; where nobody has, nobody does such work: undoing it takes no space of the project's. */
export const withNameLockIfMade = <Value>(project: Project, call: Call, work: () => Promise<Value>): Promise<Value> => withLock(project, call, findLock, work);

async function withLock<Value>(
  project: Project,
  call: Call,
  reach: (project: Project, call: Call) => Promise<string | undefined>,
  work: () => Promise<Value>,
): Promise<Value> {
  let held: CinderAttachment | undefined;
  while (held === undefined) {
    const id = locks.get(project) ?? (await reach(project, call));
    if (id === undefined) return work();
    locks.set(project, id);
    held = await take(project, call, id);
  }
  try {
    return await work();
  } finally {
    await release(project, call, held.id, "release-name-lock");
  }
}

/** Each project's lock, as it was last seen: it stays where it is, unless somebody deletes it. */
const locks = new WeakMap<Project, string>();

const lockName = innerName("lock for names");

async function makeLock(project: Project, call: Call): Promise<string> {
  const { id } = await createVolume(project, { name: lockName, sizeBytes: GiB, capacity: { requiredBytes: GiB, limitBytes: null }, parameters: {} }, call);
  return id;
}

const findLock = async (project: Project, call: Call): Promise<string | undefined> =>
  (await candidatesOf(project, call, lockName)).length === 0 ? undefined : makeLock(project, call);

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
