import { groupId, groupSnapshotId, type GroupId, type GroupSnapshot, type GroupSnapshotId } from "@opensds/core";
import type { Call } from "../call.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { displayName, keys, snapshotMetadata } from "../records/records.js";
import { describe } from "../snapshots/snapshots.js";
import { failedWith } from "../transport/failure.js";
import type { CinderGroupSnapshot } from "../transport/groups.js";
import type { CinderSnapshot } from "../transport/shapes.js";
import { isUuid, timeOf } from "../volumes/get-volume.js";
import { withNameLock } from "../volumes/name-lock.js";
import { anyGroup, cutNamed, findGroup, noSuchGroup } from "./find-group.js";
import { cutDescription, cutNameOf } from "./group-record.js";
import { busy, holdMembers, releaseLeft, type Held } from "./hold-members.js";

interface Request {
  readonly name: string;
  readonly groupId: GroupId;
}
type CutCall = Call<"createGroupSnapshot">;

/** How long a cut that is ready may stay without a word that it is of one moment, before it is taken for a killed call's. */
const deadMs = 3_000;

/** How long a change of the group is waited for. Where a volume came to be reserved in the middle of one, Cinder leaves the group as it is, `updating`. */
const updatingMs = 10_000;

/**
 * Cuts all volumes of a group at one moment, or returns what the same request cut. Its parts say so when it was seen to: only that makes it a
 * group's snapshot for anybody.
 */
export async function createGroupSnapshot(project: Project, request: Request, call: CutCall): Promise<GroupSnapshot> {
  const pacer = createPacer();
  let watched: { readonly id: string; readonly sinceMs: number } | undefined;
  const begunMs = performance.now();
  let hasCut = false;
  for (;;) {
    const there = await cutNamed(project, call, request.name);
    if (there === undefined) {
      hasCut = await cut(project, request, call, performance.now() - begunMs < updatingMs);
    } else if (there.status === "available") {
      const done = await describeCut(project, call, there);
      if (done !== undefined && there.group_id === request.groupId) {
        // Whoever cut it may have been killed before it let the volumes go.
        if (!hasCut && !project.config.consistentGroups) await releaseLeft(project, call, done.snapshots.map(({ sourceVolumeId }) => sourceVolumeId));
        return done;
      }
      if (done !== undefined) throw cutExists(request, call, there);
      if (watched?.id !== there.id) watched = { id: there.id, sinceMs: performance.now() };
      else if (performance.now() - watched.sinceMs > deadMs) await removeUnvouched(project, call, there.id);
    } else if (there.status.startsWith("error")) {
      await removeCut(project, call, there.id);
      if (there.group_id === request.groupId) throw inError(request, call, there);
    }
    await pacer.next(call);
  }
}

/** False: somebody else was first, or changes the group. */
async function cut(project: Project, { name, groupId: id }: Request, call: CutCall, waitsForChanges: boolean): Promise<boolean> {
  const group = await findGroup(project, call, id);
  if (group === undefined) throw noSuchGroup(call.ctx, id);
  if (group.volumes.length === 0) {
    const message = `group ${JSON.stringify(group.record.name)} has no volume, so that there is nothing to cut`;
    throw call.ctx.fail("FAILED_PRECONDITION", "group-empty", message, { resource: id, outcome: "none" });
  }
  const held = project.config.consistentGroups ? undefined : await holdMembers(project, call, group.volumes);
  try {
    const made = await withNameLock(project, call, async () => {
      if ((await cutNamed(project, call, name)) !== undefined) return undefined;
      const now = await findGroup(project, call, id);
      if (now === undefined) throw noSuchGroup(call.ctx, id);
      // Somebody changes it, or has changed it since we looked: what we hold is not what would be cut.
      if ((now.status === "updating" && waitsForChanges) || now.volumes.toSorted().join() !== group.volumes.toSorted().join()) return undefined;
      await call.ctx.step("cut-group");
      try {
        return await project.groups.createSnapshot(call, { group_id: id, name: displayName(name), description: cutDescription(name) });
      } catch (thrown) {
        if (!failedWith(thrown, 400, 404)) throw thrown;
        throw call.ctx.fail("FAILED_PRECONDITION", "volume-not-ready", `Cinder does not cut group ${id} now: ${thrown.message}`, { resource: id, outcome: "none", cause: thrown });
      }
    });
    if (made !== undefined) await vouch(project, call, made, held);
    return made !== undefined;
  } finally {
    await held?.release();
  }
}

/** Waits for the cut, and says on its parts that they are of one moment, where nobody could have written meanwhile. */
async function vouch(project: Project, call: CutCall, id: string, held: Held | undefined): Promise<void> {
  const pacer = createPacer();
  for (;;) {
    const made = await project.groups.getSnapshot(call, id);
    if (made === undefined || (made.status !== "creating" && made.status !== "available")) return;
    if (made.status === "available") {
      const parts = await partsOf(project, call, made);
      const loose = held === undefined ? undefined : parts.find((part) => !held.reservations.has(part.volume_id));
      if (held !== undefined && (loose !== undefined || !(await held.stillAre(call)))) {
        await removeCut(project, call, id);
        throw busy(call, loose?.volume_id ?? made.group_id, "somebody, since the cut began");
      }
      await withNameLock(project, call, async () => {
        if ((await project.groups.getSnapshot(call, id))?.status !== "available") return;
        for (const part of parts) {
          await call.ctx.step("vouch-for-cut");
          await project.snapshots.addMetadata(call, part.id, { ...snapshotMetadata({ name: part.id, sourceVolumeId: part.volume_id }), [keys.cut]: id });
        }
      });
      return;
    }
    await pacer.next(call);
  }
}

/** Reads one snapshot of a group. */
export async function getGroupSnapshot(project: Project, { id }: { readonly id: GroupSnapshotId }, call: Call<"getGroupSnapshot">): Promise<GroupSnapshot> {
  const found = await ownCut(project, call, id);
  const described = found?.status === "available" ? await describeCut(project, call, found) : undefined;
  if (described !== undefined) return described;
  throw call.ctx.fail("NOT_FOUND", "group-snapshot-not-found", `there is no group snapshot ${id}; it was deleted or never made`, { resource: id, outcome: "none" });
}

/** Deletes a group's snapshot with its parts, and waits until it is gone. */
export async function deleteGroupSnapshot(project: Project, { id }: { readonly id: GroupSnapshotId }, call: Call<"deleteGroupSnapshot">): Promise<void> {
  if ((await ownCut(project, call, id)) !== undefined) await removeCut(project, call, id);
}

/** Removes a cut that nobody has vouched for: under the lock under which that is done, so that nobody is given one that goes. */
export async function removeUnvouched(project: Project, call: Call<"createGroupSnapshot" | "reconcile">, id: string): Promise<void> {
  const isOurs = await withNameLock(project, call, async () => {
    const there = await project.groups.getSnapshot(call, id);
    if (there === undefined || (there.status === "available" && (await isVouchedFor(project, call, there)))) return false;
    await call.ctx.step("remove-cut");
    await askToRemove(project, call, id);
    return true;
  });
  if (isOurs) await removeCut(project, call, id);
}

/** Removes a snapshot of a group with its parts, and waits until it is gone. */
export async function removeCut(project: Project, call: Call<"createGroupSnapshot" | "deleteGroupSnapshot" | "reconcile">, id: string): Promise<void> {
  const pacer = createPacer();
  let asked = false;
  for (;;) {
    const there = await project.groups.getSnapshot(call, id);
    if (there === undefined || there.status === "deleted") return;
    if (there.status === "available" || there.status.startsWith("error")) {
      if (asked) {
        const message = `group snapshot ${id} stays (Cinder: ${there.status}); delete the volumes that were made from its parts first`;
        throw call.ctx.fail("FAILED_PRECONDITION", "snapshot-in-use", message, { resource: id, outcome: "applied" });
      }
      await call.ctx.step("remove-cut");
      await askToRemove(project, call, id);
    } else if (there.status === "deleting") {
      asked = true;
    }
    await pacer.next(call);
  }
}

/** What is busy for the moment is asked again. */
async function askToRemove({ groups }: Project, call: Call, id: string): Promise<void> {
  try {
    await groups.removeSnapshot(call, id);
  } catch (thrown) {
    if (!failedWith(thrown, 400)) throw thrown;
  }
}

async function ownCut({ groups }: Project, call: Call, id: string): Promise<CinderGroupSnapshot | undefined> {
  const found = isUuid(id) ? await groups.getSnapshot(call, id) : undefined;
  return found !== undefined && cutNameOf(found) !== undefined ? found : undefined;
}

/** The snapshots of the group's volumes that were cut with it. */
async function partsOf(project: Project, call: Call, { id, group_id: group }: CinderGroupSnapshot): Promise<readonly CinderSnapshot[]> {
  const parts: CinderSnapshot[] = [];
  for (const volume of (await anyGroup(project, call, group))?.volumes ?? []) {
    const rows = await project.snapshots.page(call, { volume_id: volume, limit: 1000 });
    parts.push(...(rows ?? []).filter((row) => row.group_snapshot_id === id));
  }
  return parts;
}

/** Whether all parts of a cut say that they are of one moment. */
export async function isVouchedFor(project: Project, call: Call, cutThere: CinderGroupSnapshot): Promise<boolean> {
  return areOf(cutThere, await partsOf(project, call, cutThere));
}

const areOf = ({ id }: CinderGroupSnapshot, parts: readonly CinderSnapshot[]): boolean => parts.length > 0 && parts.every(({ metadata }) => metadata[keys.cut] === id);

/** The group's snapshot as callers see it; undefined while nobody has said that its parts are of one moment. */
async function describeCut(project: Project, call: Call, cutThere: CinderGroupSnapshot): Promise<GroupSnapshot | undefined> {
  const parts = await partsOf(project, call, cutThere);
  if (!areOf(cutThere, parts)) return undefined;
  return {
    id: groupSnapshotId(cutThere.id),
    name: cutNameOf(cutThere) ?? "",
    groupId: groupId(cutThere.group_id),
    snapshots: parts.map(describe),
    readyToUse: parts.every(({ status }) => status === "available"),
    createdAt: timeOf(cutThere.created_at),
  };
}

function inError({ name }: Request, { ctx }: CutCall, { id, status }: CinderGroupSnapshot): Error {
  const message = `Cinder could not cut group snapshot ${JSON.stringify(name)} (${status}); ask the cloud's operator`;
  return ctx.fail("INTERNAL", "snapshot-in-error", message, { resource: name, outcome: "none", details: { groupSnapshotId: id, status } });
}

function cutExists({ name }: Request, { ctx }: CutCall, { id, group_id: group }: CinderGroupSnapshot): Error {
  const message = `group snapshot ${JSON.stringify(name)} is there already, of another group; use another name, or delete it first`;
  return ctx.fail("ALREADY_EXISTS", "group-snapshot-exists", message, { resource: name, outcome: "none", details: { groupSnapshotId: id, groupId: group } });
}
