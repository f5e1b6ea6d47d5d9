import { groupSnapshotId, type CallContext, type GroupId, type GroupSnapshot, type GroupSnapshotId } from "@opensds/core";
import { requireSpace } from "./capacity.js";
import { fillWith, whileContentHolds } from "./content.js";
import { findById, finishById, readAll, update } from "./find-record.js";
import { membersOf } from "./group-members.js";
import { memberData, toGroupSnapshot, type GroupSnapshotRecord } from "./group-record.js";
import { nameKey, newId } from "./identity.js";
import type { Parts } from "./parts.js";
import type { StoreCall } from "./store.js";
import type { Stores } from "./stores.js";

interface Request {
  readonly name: string;
  readonly groupId: GroupId;
}

/** Copies all members while none of them is written to, which makes it one moment for all; or finds what the same request made. */
export function createGroupSnapshot(parts: Parts, request: Request, ctx: CallContext<"createGroupSnapshot">): Promise<GroupSnapshot> {
  const { stores } = parts;
  const key = nameKey(request.name);
  return whileContentHolds(request.name, ctx, async () => {
    for (;;) {
      ctx.signal.throwIfAborted();
      const existing = await stores.groupSnapshots.read(key, ctx);
      if (existing !== undefined) return toGroupSnapshot(requireSameGroup(existing.record, request, ctx));
      const group = await findById(stores.groups, request.groupId, ctx);
      if (group?.record.complete !== true) throw noSuchGroup(request, ctx);
      const members = await membersOf(stores, group.record, ctx);
      if (members.length === 0) {
        const message = `group ${JSON.stringify(group.record.name)} has no volume, so that there is nothing to cut`;
        throw ctx.fail("FAILED_PRECONDITION", "group-empty", message, { resource: request.groupId, outcome: "none" });
      }
      await requireSpace(parts, request.name, members.reduce((sum, { record }) => sum + record.sizeBytes, 0), ctx);
      const record: GroupSnapshotRecord = {
        layout: 1,
        id: groupSnapshotId(newId(key)),
        name: request.name,
        groupId: request.groupId,
        members: members.map(({ record: { id, sizeBytes } }) => ({ volumeId: id, sizeBytes })),
        createdAt: new Date().toISOString(),
      };
      const copies = members.map((member, index) => {
        const { id, name, sizeBytes, data } = member.record;
        return { content: { id, name, sizeBytes, path: stores.volumes.pathOf(member, data) }, file: memberData(index), sizeBytes };
      });
      if (!(await stores.groupSnapshots.create(key, record, ctx, fillWith(copies, ctx)))) continue;
      // Writing the group anew makes a deleteGroup that has not seen this snapshot look again; one that was done by now wins.
      if ((await update(stores.groups, request.groupId, ctx, (current) => ({ ...current }))) !== undefined) return toGroupSnapshot(record);
      await removeGroupSnapshot(stores, record.id, ctx);
    }
  });
}

function noSuchGroup({ groupId }: Request, ctx: CallContext<"createGroupSnapshot">): Error {
  const message = `there is no group ${groupId}; list the groups to see what there is`;
  return ctx.fail("NOT_FOUND", "group-not-found", message, { resource: groupId, outcome: "none" });
}

function requireSameGroup(record: GroupSnapshotRecord, { groupId }: Request, ctx: CallContext<"createGroupSnapshot">): GroupSnapshotRecord {
  if (record.groupId === groupId) return record;
  const message = `group snapshot ${JSON.stringify(record.name)} is there already, of another group; use another name, or delete it first`;
  const details = { groupSnapshotId: record.id, groupId: record.groupId };
  throw ctx.fail("ALREADY_EXISTS", "group-snapshot-exists", message, { resource: record.name, outcome: "none", details });
}

export async function getGroupSnapshot(
  { stores }: Parts,
  { id }: { readonly id: GroupSnapshotId },
  ctx: CallContext<"getGroupSnapshot">,
): Promise<GroupSnapshot> {
  const found = await findById(stores.groupSnapshots, id, ctx);
  if (found !== undefined) return toGroupSnapshot(found.record);
  const message = `there is no group snapshot ${id}; it was deleted or never made`;
  throw ctx.fail("NOT_FOUND", "group-snapshot-not-found", message, { resource: id, outcome: "none" });
}

/** Deletes it with the snapshots of all members. */
export async function deleteGroupSnapshot(
  { stores }: Parts,
  { id }: { readonly id: GroupSnapshotId },
  ctx: CallContext<"deleteGroupSnapshot">,
): Promise<void> {
  await removeGroupSnapshot(stores, id, ctx);
}

async function removeGroupSnapshot({ groupSnapshots }: Stores, id: GroupSnapshotId, call: StoreCall): Promise<void> {
  for (;;) {
    call.signal.throwIfAborted();
    const current = await findById(groupSnapshots, id, call);
    if (current === undefined || (await groupSnapshots.remove(current, call))) break;
  }
  await finishById(groupSnapshots, id, call);
}

/** Whether a group has snapshots. */
export async function hasSnapshots({ groupSnapshots }: Stores, id: GroupId, call: StoreCall): Promise<boolean> {
  const all = await readAll(groupSnapshots, await groupSnapshots.keys(), call);
  return all.some(({ record }) => record.groupId === id);
}
