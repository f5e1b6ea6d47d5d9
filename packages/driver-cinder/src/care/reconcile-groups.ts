import type { Call } from "../call.js";
import { allCuts, allGroups } from "../groups/find-group.js";
import { dissolve } from "../groups/group-members.js";
import { cutNameOf, groupRecordOf } from "../groups/group-record.js";
import { partsOf, removeCut } from "../groups/group-snapshots.js";
import type { Project } from "../project.js";
import { keys } from "../records/records.js";
import type { Found } from "./reconcile.js";

/** What killed calls left of groups and their snapshots, where this backend has groups. */
export async function lookAtGroups(project: Project, call: Call<"reconcile">): Promise<readonly Found[]> {
  if (project.config.groupType === undefined) return [];
  const groups = (await allGroups(project, call)).flatMap(({ id, status, description }): Found[] => {
    const record = groupRecordOf({ description });
    if (record === undefined || record.state === "made" || status === "deleting") return [];
    const [what, action] = record.state === "making" ? (["making", "undo"] as const) : (["deleting", "finish"] as const);
    const message = `${what} group ${JSON.stringify(record.name)} was cut off`;
    const refused = (detail: string, cause: unknown): Error =>
      call.ctx.fail("FAILED_PRECONDITION", "command-refused", `Cinder does not let group ${id} go: ${detail}`, { resource: id, cause });
    return [{ orphan: { kind: "unfinished-group", reference: id, message, action }, mark: `group ${id} ${record.state} ${status}`, mend: () => dissolve(project, call, id, refused) }];
  });
  const cuts: Found[] = [];
  for (const cut of await allCuts(project, call)) {
    const name = cutNameOf(cut);
    if (name === undefined || (cut.status !== "available" && !cut.status.startsWith("error"))) continue;
    const parts = await partsOf(project, call, cut);
    if (cut.status === "available" && parts.length > 0 && parts.every(({ metadata }) => metadata[keys.cut] === cut.id)) continue;
    const message = `cutting group snapshot ${JSON.stringify(name)} was cut off before it was seen to be of one moment`;
    cuts.push({
      orphan: { kind: "unfinished-group-snapshot", reference: cut.id, message, action: "undo" },
      mark: `cut ${cut.id} ${cut.status}`,
      mend: () => removeCut(project, call, cut.id),
    });
  }
  return [...cuts, ...groups];
}
