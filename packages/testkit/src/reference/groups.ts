import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { groupId, isSouthboundError, type BackendFacets, type CallContext, type GroupId, type VolumeGroup, type VolumeId } from "@opensds/core";
import { findById, finishById, update } from "./find-record.js";
import { abandon, claim, membersOf, release } from "./group-members.js";
import type { GroupRecord } from "./group-record.js";
import { createGroupSnapshot, deleteGroupSnapshot, getGroupSnapshot, hasSnapshots } from "./group-snapshots.js";
import { nameKey, newId } from "./identity.js";
import { pageOf } from "./pages.js";
import type { Parts } from "./parts.js";
import type { Stored, StoreCall } from "./store.js";
import type { Stores } from "./stores.js";

/** Groups of volumes. */
export function groupFacet(parts: Parts): BackendFacets["groups"] {
  const { stores, explained } = parts;
  return {
    createGroup: (request, ctx) => explained(() => createGroup(stores, request, ctx)),
    getGroup: ({ id }, ctx) => explained(async () => toGroup(stores, await requireGroup(stores, id, ctx), ctx)),
    listGroupPage: (request, ctx) =>
      explained(async () =>
        pageOf(await stores.groups.keys(), request, ctx, async (keys) => {
          const groups = await Promise.all(keys.map((key) => stores.groups.read(key, ctx)));
          return Promise.all(groups.flatMap((group) => (group?.record.complete === true ? [toGroup(stores, group.record, ctx)] : [])));
        }),
      ),
    updateGroup: (request, ctx) => explained(() => updateGroup(stores, request, ctx)),
    deleteGroup: (request, ctx) => explained(() => deleteGroup(stores, request, ctx)),
    createGroupSnapshot: (request, ctx) => explained(() => createGroupSnapshot(parts, request, ctx)),
    getGroupSnapshot: (request, ctx) => explained(() => getGroupSnapshot(parts, request, ctx)),
    deleteGroupSnapshot: (request, ctx) => explained(() => deleteGroupSnapshot(parts, request, ctx)),
  };
}

async function toGroup(stores: Stores, record: GroupRecord, call: StoreCall): Promise<VolumeGroup> {
  const members = await membersOf(stores, record, call);
  return { id: record.id, name: record.name, volumeIds: members.map((member) => member.record.id) };
}

const ordered = (ids: readonly VolumeId[]): readonly VolumeId[] => [...new Set(ids)].sort();

/** Takes the name, claims the volumes, and makes the group complete; several that ask for the same do it together. */
async function createGroup(
  stores: Stores,
  request: { readonly name: string; readonly volumeIds: readonly VolumeId[] },
  ctx: CallContext<"createGroup">,
): Promise<VolumeGroup> {
  const key = nameKey(request.name);
  const volumeIds = ordered(request.volumeIds);
  for (;;) {
    ctx.signal.throwIfAborted();
    const existing = await stores.groups.read(key, ctx);
    if (existing?.record.complete === true) return toGroup(stores, requireSameVolumes(existing.record, volumeIds, ctx), ctx);
    if (existing === undefined) {
      const record = { layout: 1, id: groupId(newId(key)), name: request.name, createdVolumeIds: volumeIds, volumeIds, complete: false } as const;
      await stores.groups.create(key, record, ctx);
    } else if (!isDeepStrictEqual(existing.record.createdVolumeIds, volumeIds)) {
      await abandon(stores, existing, ctx);
    } else if (!(await makeComplete(stores, existing, ctx))) {
      // Another call wants one of the volumes for its own group: two that keep taking them from each other need different paces.
      await sleep(Math.random() * 20, undefined, { signal: ctx.signal });
    }
  }
}

async function makeComplete(stores: Stores, group: Stored<GroupRecord>, ctx: CallContext<"createGroup">): Promise<boolean> {
  const { id, volumeIds } = group.record;
  try {
    await claim(stores, volumeIds, id, ctx);
  } catch (error) {
    if (!isSouthboundError(error)) throw error;
    // Not this group's any more to fail: it was removed, or is complete by now, and may be what holds the volumes.
    if (!(await abandon(stores, group, ctx))) return false;
    await release(stores, volumeIds, id, ctx);
    throw error;
  }
  return stores.groups.replace(group, { ...group.record, complete: true }, ctx);
}

function requireSameVolumes(record: GroupRecord, volumeIds: readonly VolumeId[], ctx: CallContext<"createGroup">): GroupRecord {
  if (isDeepStrictEqual(record.createdVolumeIds, volumeIds)) return record;
  const message = `group ${JSON.stringify(record.name)} is there already, made of other volumes; use another name, or updateGroup`;
  const details = { groupId: record.id, volumeIds: record.createdVolumeIds };
  throw ctx.fail("ALREADY_EXISTS", "group-exists", message, { resource: record.name, outcome: "none", details });
}

async function requireGroup({ groups }: Stores, id: GroupId, ctx: CallContext<"getGroup" | "updateGroup" | "createGroupSnapshot">): Promise<GroupRecord> {
  const found = await findById(groups, id, ctx);
  if (found?.record.complete === true) return found.record;
  throw ctx.fail("NOT_FOUND", "group-not-found", `there is no group ${id}; list the groups to see what there is`, { resource: id, outcome: "none" });
}

async function updateGroup(
  stores: Stores,
  request: { readonly id: GroupId; readonly add?: readonly VolumeId[] | undefined; readonly remove?: readonly VolumeId[] | undefined },
  ctx: CallContext<"updateGroup">,
): Promise<VolumeGroup> {
  const { id, add = [], remove = [] } = request;
  for (;;) {
    ctx.signal.throwIfAborted();
    const before = await requireGroup(stores, id, ctx);
    const added = add.filter((volume) => !remove.includes(volume));
    await claim(stores, added, id, ctx);
    const changed = await update(stores.groups, id, ctx, (current) => {
      const volumeIds = ordered([...current.volumeIds, ...added].filter((volume) => !remove.includes(volume)));
      return isDeepStrictEqual(volumeIds, current.volumeIds) ? current : { ...current, volumeIds };
    });
    if (changed === undefined) {
      await release(stores, added.filter((volume) => !before.volumeIds.includes(volume)), id, ctx);
      continue;
    }
    await release(stores, remove, id, ctx);
    const group = await toGroup(stores, changed.record, ctx);
    // Another call may have taken a claimed volume before this group listed it: then claiming again says so.
    if (added.every((volume) => group.volumeIds.includes(volume))) return group;
  }
}

async function deleteGroup(stores: Stores, { id }: { readonly id: GroupId }, ctx: CallContext<"deleteGroup">): Promise<void> {
  for (;;) {
    ctx.signal.throwIfAborted();
    // Read before its snapshots are looked for: making one writes the group anew, so that the removal below fails.
    const current = await findById(stores.groups, id, ctx);
    if (current === undefined) break;
    if (await hasSnapshots(stores, id, ctx)) {
      const message = `group ${JSON.stringify(current.record.name)} has snapshots; delete them first`;
      throw ctx.fail("FAILED_PRECONDITION", "group-has-snapshots", message, { resource: id, outcome: "none" });
    }
    if (!(await stores.groups.remove(current, ctx))) continue;
    await release(stores, current.record.volumeIds, id, ctx);
    break;
  }
  await finishById(stores.groups, id, ctx);
}
