import type { Call } from "../call.js";
import { allCuts, allGroups, anyGroup, isGoing } from "../groups/find-group.js";
import { abandonGroup } from "../groups/abandon-group.js";
import { cutNameOf, groupRecordOf } from "../groups/group-record.js";
import { isVouchedFor, removeUnvouched } from "../groups/group-snapshots.js";
import type { Project } from "../project.js";
import type { Found } from "./reconcile.js";

/** What killed calls left of groups and their snapshots, where this backend has groups. */
export async function lookAtGroups(project: Project, call: Call<"reconcile">): Promise<readonly Found[]> {
  if (project.config.groupType === undefined) return [];
  const groups: Found[] = [];
  for (const row of await allGroups(project, call)) {
    const listed = groupRecordOf(row);
    if (listed === undefined || listed.state === "made" || isGoing(row)) continue;
    // Lists leave the volumes out: while some are still put in or taken out, somebody is at work on it.
    const group = await anyGroup(project, call, row.id);
    if (group === undefined || group.record.state === "made") continue;
    const { id, status, record, volumes } = group;
    const [what, action] = record.state === "making" ? (["making", "undo"] as const) : (["deleting", "finish"] as const);
    const message = `${what} group ${JSON.stringify(record.name)} was cut off`;
    const refused = (detail: string, cause: unknown): Error =>
      call.ctx.fail("FAILED_PRECONDITION", "command-refused", `Cinder does not let group ${id} go: ${detail}`, { resource: id, cause });
    const orphan = { kind: "unfinished-group", reference: id, message, action } as const;
    groups.push({ orphan, mark: `group ${id} ${record.state} ${status} ${volumes.join()}`, mend: () => abandonGroup(project, call, id, refused) });
  }
  const cuts: Found[] = [];
  for (const cut of await allCuts(project, call)) {
    const name = cutNameOf(cut);
    if (name === undefined || (cut.status !== "available" && !cut.status.startsWith("error"))) continue;
    if (cut.status === "available" && (await isVouchedFor(project, call, cut))) continue;
    const message = `cutting group snapshot ${JSON.stringify(name)} was cut off before it was seen to be of one moment`;
    cuts.push({
      orphan: { kind: "unfinished-group-snapshot", reference: cut.id, message, action: "undo" },
      mark: `cut ${cut.id} ${cut.status}`,
      mend: () => removeUnvouched(project, call, cut.id),
    });
  }
  return [...cuts, ...groups];
}
