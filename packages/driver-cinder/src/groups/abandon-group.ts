import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { withNameLock } from "../volumes/name-lock.js";
import { anyGroup } from "./find-group.js";
import { dissolve } from "./group-members.js";
import { groupDescription } from "./group-record.js";

/**
 * Takes a half-made group apart, so that its volumes are free again, unless the call that makes it has come to its end meanwhile: under the lock
 * under which that says that it is made, so that nobody is given a group that goes.
 */
export async function abandonGroup(project: Project, call: Call, id: string, refused: (detail: string, cause: unknown) => Error): Promise<void> {
  const isOurs = await withNameLock(project, call, async () => {
    const now = await anyGroup(project, call, id);
    if (now === undefined || now.record.state === "made") return false;
    await call.ctx.step("abandon-group");
    return project.groups.update(call, id, { description: groupDescription({ ...now.record, state: "closing" }) });
  });
  if (isOurs) await dissolve(project, call, id, refused);
}
