import { GiB } from "@opensds/core";
import type { Call } from "../call.js";
import { disown } from "./disown.js";
import { withNameLock, withNameLockIfMade } from "./name-lock.js";
import type { Project } from "../project.js";
import { requestMetadata, requestOf } from "../records/records.js";
import type { CinderVolume } from "../transport/shapes.js";

/**
 * Writes down that a volume is ours, under a name, unless it is by now; returns it as it was seen then. Cinder would take a second import's
 * record over the first one's, so whoever writes or takes away a record of a volume that others made does it under the lock of names.
 * @param refuse throws where the volume cannot be taken over
 */
export function recordImport(
  project: Project,
  call: Call,
  id: string,
  name: string,
  refuse: (now: CinderVolume) => void,
): Promise<CinderVolume | undefined> {
  const { volumes } = project;
  return withNameLock(project, call, async () => {
    const now = await volumes.get(call, id);
    if (now === undefined || requestOf(now) !== undefined) return now;
    // A host may have got it since, that whoever lets go of it has yet to see.
    refuse(now);
    // Of a process that was killed while it let go of it: a fate of before would be taken for this one's.
    await disown(project, call, now);
    await call.ctx.step("record-import");
    const sizeBytes = now.size * GiB;
    const record = { name, capacity: { requiredBytes: sizeBytes, limitBytes: null }, parameters: {}, sizeBytes, imported: true };
    await volumes.addMetadata(call, id, requestMetadata(record));
    return now;
  });
}

/** Takes away what makes a volume ours, where what was seen of it still holds: another import may have it by now. */
export async function giveBack(project: Project, call: Call, id: string, holds: (now: CinderVolume) => boolean): Promise<void> {
  await withNameLockIfMade(project, call, async () => {
    const now = await project.volumes.get(call, id);
    if (now !== undefined && holds(now)) await disown(project, call, now);
  });
}
