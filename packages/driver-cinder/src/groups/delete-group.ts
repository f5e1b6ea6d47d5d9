import type { GroupId } from "@opensds/core";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { withNameLock } from "../volumes/name-lock.js";
import { anyGroup, cutsOf } from "./find-group.js";
import { dissolve } from "./group-members.js";
import { groupDescription } from "./group-record.js";

/**
 * Deletes a group and leaves its volumes. It is closed, under the lock under which snapshots of it are begun, so that none is begun after we
 * looked for some; from then on it is no group for anybody.
 */
export async function deleteGroup(project: Project, { id }: { readonly id: GroupId }, call: Call<"deleteGroup">): Promise<void> {
  const group = await anyGroup(project, call, id);
  if (group === undefined) return;
  if (group.record.state !== "closing") {
    if ((await cutsOf(project, call, id)).length > 0) throw hasSnapshots(call, id);
    await withNameLock(project, call, async () => {
      if ((await cutsOf(project, call, id)).length > 0) throw hasSnapshots(call, id);
      await call.ctx.step("close-group");
      // Where somebody else has just deleted it, there is nothing to be closed, nor to be taken apart.
      await project.groups.update(call, id, { description: groupDescription({ ...group.record, state: "closing" }) });
    });
  }
  await dissolve(project, call, id, (detail, cause) =>
    call.ctx.fail("FAILED_PRECONDITION", "command-refused", `Cinder does not let group ${id} go: ${detail}`, { resource: id, outcome: "applied", cause }),
  );
}

export function hasSnapshots({ ctx }: Call<"deleteGroup" | "updateGroup">, id: GroupId): Error {
  return ctx.fail("FAILED_PRECONDITION", "group-has-snapshots", `group ${id} has snapshots; delete them first`, { resource: id, outcome: "none" });
}
