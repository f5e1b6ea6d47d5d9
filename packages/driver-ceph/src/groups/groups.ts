import type { BackendFacets, BackendPageRequest, GroupId, Page, VolumeGroup, VolumeId } from "@opensds/core";
import type { Bind } from "../bind.js";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import { createGroup } from "./create-group.js";
import { deleteGroup } from "./delete-group.js";
import { claimsOfGroup, describeGroup, findGroup, groupOfClaims, noSuchGroup } from "./find-group.js";
import { groupKeyOf } from "./group-id.js";
import { joinGroup, leaveGroup, requireMember } from "./group-members.js";
import { createGroupSnapshot, deleteGroupSnapshot, getGroupSnapshot } from "./group-snapshots.js";
import type { Pool } from "../pool.js";
import { imageIdIn } from "../records/volume-id.js";

const atOnce = 4;
const version = "ceph1gl";

/** Groups of volumes: RBD's own groups, whose snapshots are cut while no member can be written to. */
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

async function getGroup(pool: Pool, { id }: { readonly id: GroupId }, call: Call<"getGroup">): Promise<VolumeGroup> {
  const group = await findGroup(pool, call, id);
  if (group === undefined) throw noSuchGroup(call.ctx, id);
  return describeGroup(pool, group);
}

/** One page of the groups, in the order of their keys. */
async function listGroupPage(pool: Pool, request: BackendPageRequest, call: Call<"listGroups">): Promise<Page<VolumeGroup>> {
  const after = request.token === undefined ? "" : /^ceph1gl\.([0-9a-f]{16})$/.exec(request.token)?.[1];
  if (after === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  const keys = (await pool.groups.list(call)).flatMap((name) => groupKeyOf(name) ?? []).filter((key) => key > after).sort();
  const some = keys.slice(0, request.pageSize);
  const found = await mapBounded(some, atOnce, async (key) => groupOfClaims(pool, call, await claimsOfGroup(pool, call, key)));
  const items = found.flatMap((group) => (group?.complete === true ? [describeGroup(pool, group)] : []));
  const last = some.at(-1);
  return last === undefined || some.length === keys.length ? { items } : { items, nextToken: `${version}.${last}` };
}

/** Adds, then removes; each change is RBD's own, so that two calls at once both take effect. */
async function updateGroup(
  pool: Pool,
  request: { readonly id: GroupId; readonly add?: readonly VolumeId[] | undefined; readonly remove?: readonly VolumeId[] | undefined },
  call: Call<"updateGroup">,
): Promise<VolumeGroup> {
  const { ctx } = call;
  const { id, add = [], remove = [] } = request;
  const group = await findGroup(pool, call, id);
  if (group === undefined) throw noSuchGroup(ctx, id);
  const isMember = (imageId: string | undefined): imageId is string => imageId !== undefined && group.members.includes(imageId);
  const removed = remove.map((volumeId) => imageIdIn(pool.place, volumeId)).filter(isMember);
  if (removed.length > 0 && group.cuts.length > 0) {
    const message = `group ${JSON.stringify(group.name)} has snapshots, which hold its members; delete them before taking a volume out`;
    throw ctx.fail("FAILED_PRECONDITION", "group-has-snapshots", message, { resource: id, outcome: "none" });
  }
  const added = add.filter((volumeId) => !remove.includes(volumeId));
  const joining = await mapBounded(added, atOnce, (volumeId) => requireMember(pool, call, volumeId));
  for (const { imageId } of joining) {
    if (!isMember(imageId) && !(await joinGroup(pool, call, group.rbdName, imageId))) throw noSuchGroup(ctx, id);
  }
  for (const imageId of removed) await leaveGroup(pool, call, group.rbdName, imageId);
  const now = await findGroup(pool, call, id);
  if (now === undefined) throw noSuchGroup(ctx, id);
  return describeGroup(pool, now);
}
