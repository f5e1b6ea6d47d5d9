import type { AuthoredPageRequest, BackendFacets, GroupId, ListSnapshotsRequest, Page, VolumeGroup, VolumeId } from "@opensds/core";
import type { Bind } from "../bind.js";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { idsIn, tokenAfter } from "../volumes/list-token.js";
import { withNameLock } from "../volumes/name-lock.js";
import { rowsAfter } from "../volumes/rows-after.js";
import { createGroup } from "./create-group.js";
import { deleteGroup, hasSnapshots } from "./delete-group.js";
import { cutsOf, describeGroup, findGroup, noSuchGroup } from "./find-group.js";
import { moveMembers, requireMember } from "./group-members.js";
import { groupRecordOf } from "./group-record.js";
import { createGroupSnapshot, deleteGroupSnapshot, getGroupSnapshot } from "./group-snapshots.js";

type ListRequest = AuthoredPageRequest<Pick<ListSnapshotsRequest, "pageSize" | "startToken">>;

/** Groups of volumes: Cinder's generic groups, whose snapshots are cut while nobody can have their volumes. */
export function groupFacet(bind: Bind): BackendFacets["groups"] {
  return {
    createGroup: bind(createGroup),
    getGroup: bind(getGroup),
    listGroupPage: bind(listGroupPage),
    updateGroup: bind(updateGroup),
    deleteGroup: bind(deleteGroup),
    createGroupSnapshot: bind(createGroupSnapshot),
    getGroupSnapshot: bind(getGroupSnapshot),
    deleteGroupSnapshot: bind(deleteGroupSnapshot),
  };
}

/** Reads one group. */
async function getGroup(project: Project, { id }: { readonly id: GroupId }, call: Call<"getGroup">): Promise<VolumeGroup> {
  const group = await findGroup(project, call, id);
  if (group === undefined) throw noSuchGroup(call.ctx, id);
  return describeGroup(group);
}

/** One page of the groups, in the order of their ids. */
async function listGroupPage(project: Project, request: ListRequest, call: Call<"listGroups">): Promise<Page<VolumeGroup>> {
  const after = request.token === undefined ? [] : idsIn(request.token);
  if (after === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  const rows = await rowsAfter((query) => project.groups.page(call, query), after, request.pageSize);
  const items: VolumeGroup[] = [];
  for (const row of rows) {
    // Lists leave the volumes out.
    const group = groupRecordOf(row)?.state === "made" ? await findGroup(project, call, row.id) : undefined;
    if (group !== undefined) items.push(describeGroup(group));
  }
  return rows.length < request.pageSize ? { items } : { items, nextToken: tokenAfter(rows.map(({ id }) => id)) };
}

/** Under the lock under which snapshots of the group are begun: none is begun after we looked for some, of what is being taken out. */
const whileUncut =
  (project: Project, call: Call<"updateGroup">, id: GroupId) =>
  (change: () => Promise<boolean>): Promise<boolean> =>
    withNameLock(project, call, async () => {
      if ((await cutsOf(project, call, id)).length > 0) throw hasSnapshots(call, id);
      return change();
    });

/** Adds and removes; the same again changes nothing. */
async function updateGroup(
  project: Project,
  request: { readonly id: GroupId; readonly add?: readonly VolumeId[] | undefined; readonly remove?: readonly VolumeId[] | undefined },
  call: Call<"updateGroup">,
): Promise<VolumeGroup> {
  const { id, add = [], remove = [] } = request;
  const group = await findGroup(project, call, id);
  if (group === undefined) throw noSuchGroup(call.ctx, id);
  const removed = remove.filter((volume) => group.volumes.includes(volume));
  if (removed.length > 0 && (await cutsOf(project, call, id)).length > 0) throw hasSnapshots(call, id);
  const added = add.filter((volume) => !remove.includes(volume));
  for (const volume of added) if (!group.volumes.includes(volume)) await requireMember(project, call, volume, id);
  const refused = (detail: string, cause: unknown): Error =>
    call.ctx.fail("FAILED_PRECONDITION", "command-refused", `Cinder does not change group ${JSON.stringify(group.record.name)} so: ${detail}`, { resource: id, cause });
  const now = await moveMembers(project, call, id, { add: added, remove: removed }, refused, removed.length === 0 ? undefined : whileUncut(project, call, id));
  if (now === undefined) throw noSuchGroup(call.ctx, id);
  return describeGroup(now);
}
