import {
  GiB,
  snapshotId,
  volumeId,
  type AuthoredPageRequest,
  type BackendFacets,
  type CreateSnapshotRequest,
  type DeleteSnapshotRequest,
  type GetSnapshotRequest,
  type ListSnapshotsRequest,
  type Page,
  type Snapshot,
  type SouthboundError,
} from "@opensds/core";
import type { Bind } from "../bind.js";
import type { Call } from "../call.js";
import { isLeaving } from "../volumes/fate.js";
import { isUuid, ownVolume, timeOf } from "../volumes/get-volume.js";
import { idsIn, tokenAfter } from "../volumes/list-token.js";
import { withNameLock } from "../volumes/name-lock.js";
import { ownSnapshot } from "../own-snapshot.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { displayName, keys, layoutVersion, metadataFilter, nameKey, snapshotMetadata, snapshotRequestOf } from "../records/records.js";
import { rowsAfter } from "../volumes/rows-after.js";
import { revertVolume } from "./revert.js";
import { stateOf } from "../volumes/states.js";
import { failedWith, unless } from "../transport/failure.js";
import { snapshotsWithoutForce } from "../transport/microversion.js";
import type { CinderSnapshot } from "../transport/shapes.js";

/** Snapshots of volumes. */
export function snapshotFacet(bind: Bind): BackendFacets["snapshots"] {
  return {
    createSnapshot: bind(createSnapshot),
    getSnapshot: bind(getSnapshot),
    listSnapshotPage: bind(listSnapshotPage),
    deleteSnapshot: bind(deleteSnapshot),
    revertVolume: bind(revertVolume),
  };
}

/** Cuts a snapshot, or returns the one of that name, and waits until it is ready. */
async function createSnapshot(project: Project, request: CreateSnapshotRequest, call: Call<"createSnapshot">): Promise<Snapshot> {
  const pacer = createPacer();
  for (;;) {
    const there = await snapshotNamed(project, call, request.name);
    if (there === undefined) {
      await cut(project, call, request);
    } else if (!isGoing(there)) {
      refuseOther(call, request, there);
      if (there.status.startsWith("error")) throw await failed(project, call, request, there);
      if (there.status === "available") return describe(there);
    }
    await pacer.next(call);
  }
}

/** Has Cinder cut it, while nobody else makes one of the same name. A volume that is busy for the moment is asked again. */
async function cut(project: Project, call: Call<"createSnapshot">, request: CreateSnapshotRequest): Promise<void> {
  const { name, sourceVolumeId } = request;
  await requireCuttable(project, call, request);
  await withNameLock(project, call, async () => {
    if ((await snapshotNamed(project, call, name)) !== undefined) return;
    await call.ctx.step("create-snapshot");
    try {
      await project.snapshots.create(call, {
        volume_id: sourceVolumeId,
        name: displayName(name),
        metadata: snapshotMetadata({ name, sourceVolumeId }),
        ...(project.microversion < snapshotsWithoutForce && { force: true }),
      });
    } catch (thrown) {
      if (!failedWith(thrown, 400, 404)) throw thrown;
      await requireCuttable(project, call, request);
    }
  });
}

async function requireCuttable(project: Project, { ctx, ...rest }: Call<"createSnapshot">, { sourceVolumeId: id }: CreateSnapshotRequest): Promise<void> {
  const volume = await ownVolume(project, { ctx, ...rest }, id);
  if (volume === undefined) throw ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${id}`, { resource: id, outcome: "none" });
  const info = { resource: id, outcome: "none", details: { state: volume.status } } as const;
  if (isLeaving(volume)) throw ctx.fail("FAILED_PRECONDITION", "volume-deleting", `volume ${id} is being deleted`, info);
  const state = stateOf(volume.status);
  if (state === "available" || state === "in-use") return;
  throw ctx.fail("FAILED_PRECONDITION", state === "error" ? "volume-in-error" : "volume-not-ready", `volume ${id} is not ready (Cinder: ${volume.status})`, info);
}

/** Reads one snapshot, by id or by name. */
async function getSnapshot(project: Project, request: GetSnapshotRequest, call: Call<"getSnapshot">): Promise<Snapshot> {
  const found = request.id === undefined ? await snapshotNamed(project, call, request.name) : await ownSnapshot(project, call, request.id);
  if (found !== undefined) return describe(found);
  throw notFound(call, request.id ?? request.name);
}

/** One page of snapshots, in the order of their ids. */
async function listSnapshotPage(
  project: Project,
  request: AuthoredPageRequest<ListSnapshotsRequest>,
  call: Call<"listSnapshots">,
): Promise<Page<Snapshot>> {
  const after = request.token === undefined ? [] : idsIn(request.token);
  if (after === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  const { sourceVolumeId } = request;
  if (sourceVolumeId !== undefined && !isUuid(sourceVolumeId)) return { items: [] };
  const filter = { metadata: metadataFilter({ [keys.version]: String(layoutVersion) }), ...(sourceVolumeId !== undefined && { volume_id: sourceVolumeId }) };
  const rows = await rowsAfter((query) => project.snapshots.page(call, { ...query, ...filter }), after, request.pageSize);
  const items = rows.filter((row) => snapshotRequestOf(row) !== undefined).map(describe);
  return rows.length < request.pageSize ? { items } : { items, nextToken: tokenAfter(rows.map(({ id }) => id)) };
}

/** Deletes a snapshot, and waits until it is gone. */
async function deleteSnapshot(project: Project, request: DeleteSnapshotRequest, call: Call<"deleteSnapshot">): Promise<void> {
  const pacer = createPacer();
  let asked = false;
  for (;;) {
    const snapshot = await ownSnapshot(project, call, request.id);
    if (snapshot === undefined) return;
    if (isGoing(snapshot)) {
      asked = true;
    } else {
      if (asked) throw await inUse(project, call, snapshot);
      if (snapshot.group_snapshot_id !== undefined && snapshot.group_snapshot_id !== null) {
        throw call.ctx.fail("FAILED_PRECONDITION", "snapshot-in-use", `snapshot ${snapshot.id} is part of a group's snapshot; delete that`, { resource: snapshot.id, outcome: "none" });
      }
      asked = await askToDelete(project, call, snapshot);
    }
    await pacer.next(call);
  }
}

/** False: it is busy for the moment, being made or being cloned. */
async function askToDelete({ snapshots }: Project, call: Call<"deleteSnapshot">, { id }: CinderSnapshot): Promise<boolean> {
  await call.ctx.step("delete-snapshot");
  try {
    await snapshots.remove(call, id);
    return true;
  } catch (thrown) {
    if (!failedWith(thrown, 400)) throw thrown;
    return false;
  }
}

/** Cinder took the request on, and the snapshot is there again. */
async function inUse({ volumes }: Project, call: Call<"deleteSnapshot">, { id, status }: CinderSnapshot): Promise<SouthboundError> {
  const [why] = await volumes.messages(call, id);
  const message = `snapshot ${id} stays: ${why ?? `Cinder has it ${status}`}; delete the volumes that were made from it first`;
  return call.ctx.fail("FAILED_PRECONDITION", "snapshot-in-use", message, { resource: id, outcome: "none", details: { reason: why, status } });
}

/** The snapshot of a name; the eldest, should there ever be two. */
async function snapshotNamed({ snapshots }: Project, call: Call, name: string): Promise<CinderSnapshot | undefined> {
  const page = await snapshots.page(call, { metadata: metadataFilter({ [keys.name]: nameKey(name) }) });
  const found = (page ?? []).filter((row) => snapshotRequestOf(row)?.name === name);
  return found.toSorted((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1))[0];
}

export const describe = (snapshot: CinderSnapshot): Snapshot => ({
  id: snapshotId(snapshot.id),
  name: snapshotRequestOf(snapshot)?.name ?? snapshot.name ?? "",
  sourceVolumeId: volumeId(snapshot.volume_id),
  sizeBytes: snapshot.size * GiB,
  readyToUse: snapshot.status === "available",
  createdAt: timeOf(snapshot.created_at),
});

const isGoing = ({ status }: CinderSnapshot): boolean => status === "deleting" || status === "deleted";

function refuseOther({ ctx }: Call<"createSnapshot">, { name, sourceVolumeId }: CreateSnapshotRequest, there: CinderSnapshot): void {
  if (there.volume_id === sourceVolumeId) return;
  const message = `snapshot ${JSON.stringify(name)} exists and is of volume ${there.volume_id}; take another name`;
  throw ctx.fail("ALREADY_EXISTS", "snapshot-exists", message, { resource: there.id, outcome: "none", details: { snapshotId: there.id } });
}

/** A snapshot in error holds nothing: it says why, and goes. */
async function failed({ volumes, snapshots }: Project, call: Call<"createSnapshot">, { name }: CreateSnapshotRequest, there: CinderSnapshot): Promise<SouthboundError> {
  const [why] = await volumes.messages(call, there.id);
  await call.ctx.step("remove-failed-snapshot");
  // Somebody else may have asked for the same name, and be removing it.
  await unless([400], snapshots.remove(call, there.id));
  const message = `Cinder could not cut snapshot ${JSON.stringify(name)}: ${why ?? there.status}; ask the cloud's operator`;
  return call.ctx.fail("INTERNAL", "snapshot-in-error", message, { resource: there.id, outcome: "none", details: { reason: why, status: there.status } });
}

function notFound({ ctx }: Call, resource: string): SouthboundError {
  return ctx.fail("NOT_FOUND", "snapshot-not-found", `there is no snapshot ${JSON.stringify(resource)}`, { resource, outcome: "none" });
}
