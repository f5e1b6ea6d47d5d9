import { groupId, volumeId, type CallContext, type CodeOf, type GroupId, type Operation, type SouthboundError, type VolumeGroup } from "@opensds/core";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import type { CinderGroup, CinderGroupSnapshot } from "../transport/groups.js";
import { isUuid } from "../volumes/get-volume.js";
import { rowsAfter } from "../volumes/rows-after.js";
import { cutNameOf, groupRecordOf, type GroupRecord } from "./group-record.js";

/** A group of ours, with what is kept about it. */
export interface FoundGroup extends CinderGroup {
  readonly record: GroupRecord;
}

const largestPage = 1000;

const byAge = (a: { readonly id: string; readonly created_at: string }, b: typeof a): number => (a.created_at + a.id < b.created_at + b.id ? -1 : 1);

export const isGoing = ({ status }: { readonly status: string }): boolean => status === "deleting" || status === "deleted";

/** Every group of the project, whoever made it, without its volumes. */
export const allGroups = ({ groups }: Project, call: Call): Promise<readonly CinderGroup[]> => everyRow((query) => groups.page(call, query));

/** Every snapshot of a group that the project has, whoever cut it. */
export const allCuts = ({ groups }: Project, call: Call): Promise<readonly CinderGroupSnapshot[]> => everyRow((query) => groups.snapshotPage(call, query));

/** The group of a name, whether it is made or being made; the eldest, should there ever be two. */
export async function groupNamed(project: Project, call: Call, name: string): Promise<FoundGroup | undefined> {
  const rows = await allGroups(project, call);
  const [first] = rows.filter((row) => groupRecordOf(row)?.name === name && !isGoing(row)).toSorted(byAge);
  return first && readGroup(await project.groups.get(call, first.id));
}

/** A group of ours by its id, whether it is made or not. */
export async function anyGroup({ groups }: Project, call: Call, id: string): Promise<FoundGroup | undefined> {
  return isUuid(id) ? readGroup(await groups.get(call, id)) : undefined;
}

/** A group that is one for callers: all that it was asked for with are in it. */
export async function findGroup(project: Project, call: Call, id: string): Promise<FoundGroup | undefined> {
  const group = await anyGroup(project, call, id);
  return group?.record.state === "made" && !isGoing(group) ? group : undefined;
}

function readGroup(group: CinderGroup | undefined): FoundGroup | undefined {
  const record = group && groupRecordOf(group);
  return record && { ...group, record };
}

/** The snapshot of a group that has this name; the eldest, should there ever be two. */
export async function cutNamed(project: Project, call: Call, name: string): Promise<CinderGroupSnapshot | undefined> {
  const rows = await allCuts(project, call);
  return rows.filter((row) => cutNameOf(row) === name && !isGoing(row)).toSorted(byAge)[0];
}

/** Every snapshot that a group has, whoever cut it. */
export async function cutsOf(project: Project, call: Call, id: string): Promise<readonly CinderGroupSnapshot[]> {
  const rows = await allCuts(project, call);
  return rows.filter((row) => row.group_id === id && !isGoing(row));
}

/** Groups are few: a project may have ten by default. */
async function everyRow<Row extends { readonly id: string }>(
  page: (query: { readonly limit: number; readonly sort: string; readonly marker?: string }) => Promise<readonly Row[] | undefined>,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  for (;;) {
    const rows = await rowsAfter(page, all.slice(-1).map(({ id }) => id), largestPage);
    all.push(...rows);
    if (rows.length < largestPage) return all;
  }
}

/** The group as callers see it. */
export const describeGroup = ({ id, record, volumes }: FoundGroup): VolumeGroup => ({ id: groupId(id), name: record.name, volumeIds: volumes.map(volumeId).sort() });

type Finds = { [Op in Operation]: "NOT_FOUND" extends CodeOf<Op> ? Op : never }[Operation];

/** That there is no such group. */
export function noSuchGroup(ctx: CallContext<Finds>, id: GroupId): SouthboundError {
  return ctx.fail("NOT_FOUND", "group-not-found", `there is no group ${id}; list the groups to see what there is`, { resource: id, outcome: "none" });
}
