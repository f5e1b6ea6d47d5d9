import { randomUUID } from "node:crypto";
import {
  snapshotId,
  type BackendFacets,
  type CallContext,
  type CreateSnapshotRequest,
  type DeleteSnapshotRequest,
  type GetSnapshotRequest,
  type RevertVolumeRequest,
  type Snapshot,
  type Volume,
} from "@opensds/core";
import { requireSpace } from "./capacity.js";
import { fillWith, findSnapshot, noSuchSnapshot, requireSnapshot, volumeContent, whileContentHolds } from "./content.js";
import { findById, finishById, requireVolume } from "./find-record.js";
import { memberOf } from "./group-record.js";
import { nameKey, newId } from "./identity.js";
import { requireDetached } from "./in-use.js";
import { listSnapshotPage } from "./list-snapshots.js";
import type { Parts } from "./parts.js";
import { snapshotData, toSnapshot, type SnapshotRecord } from "./snapshot-record.js";
import { firstData, toVolume } from "./volume-record.js";

/**
 * Snapshots are full copies: they outlive their volume, volumes made of them do not depend on them, and nothing ever holds one.
 * Of an attached volume, too, as long as nobody writes to it for the moment of the copying.
 */
export function snapshotFacet(parts: Parts): BackendFacets["snapshots"] {
  const { explained } = parts;
  return {
    createSnapshot: (request, ctx) => explained(() => createSnapshot(parts, request, ctx)),
    getSnapshot: (request, ctx) => explained(() => getSnapshot(parts, request, ctx)),
    listSnapshotPage: (request, ctx) => explained(() => listSnapshotPage(parts, request, ctx)),
    deleteSnapshot: (request, ctx) => explained(() => deleteSnapshot(parts, request, ctx)),
    revertVolume: (request, ctx) => explained(() => revertVolume(parts, request, ctx)),
  };
}

/** Cuts a snapshot or finds the one that the same request cut: as with volumes, all depends on who gets the name's key. */
function createSnapshot(parts: Parts, request: CreateSnapshotRequest, ctx: CallContext<"createSnapshot">): Promise<Snapshot> {
  const { stores } = parts;
  const key = nameKey(request.name);
  return whileContentHolds(request.name, ctx, async () => {
    for (;;) {
      ctx.signal.throwIfAborted();
      const existing = await stores.snapshots.read(key, ctx);
      if (existing !== undefined) return toSnapshot(requireSameSource(existing.record, request, ctx));
      const content = await volumeContent(stores, request.sourceVolumeId, ctx);
      const { sizeBytes } = content;
      await requireSpace(parts, request.name, sizeBytes, ctx);
      const record: SnapshotRecord = {
        layout: 1,
        id: snapshotId(newId(key)),
        name: request.name,
        sourceVolumeId: request.sourceVolumeId,
        sizeBytes,
        createdAt: new Date().toISOString(),
      };
      const fill = fillWith([{ content, file: snapshotData, sizeBytes }], ctx);
      if (await stores.snapshots.create(key, record, ctx, fill)) return toSnapshot(record);
    }
  });
}

function requireSameSource(record: SnapshotRecord, request: CreateSnapshotRequest, ctx: CallContext<"createSnapshot">): SnapshotRecord {
  if (record.sourceVolumeId === request.sourceVolumeId) return record;
  const message = `snapshot ${JSON.stringify(record.name)} is there already, of another volume; use another name, or delete it first`;
  const details = { snapshotId: record.id, sourceVolumeId: record.sourceVolumeId };
  throw ctx.fail("ALREADY_EXISTS", "snapshot-exists", message, { resource: record.name, outcome: "none", details });
}

async function getSnapshot({ stores }: Parts, request: GetSnapshotRequest, ctx: CallContext<"getSnapshot">): Promise<Snapshot> {
  if (request.id !== undefined) return (await requireSnapshot(stores, request.id, ctx)).snapshot;
  const found = await stores.snapshots.read(nameKey(request.name), ctx);
  if (found !== undefined) return toSnapshot(found.record);
  // A group's snapshots have their id as their name.
  const member = await findSnapshot(stores, snapshotId(request.name), ctx);
  if (member?.snapshot.name !== request.name) throw noSuchSnapshot(ctx, request.name);
  return member.snapshot;
}

async function deleteSnapshot({ stores }: Parts, { id }: DeleteSnapshotRequest, ctx: CallContext<"deleteSnapshot">): Promise<void> {
  if (memberOf(id) !== undefined && (await findSnapshot(stores, id, ctx)) !== undefined) {
    const message = "the snapshot is part of a group's snapshot, which is there as a whole or not at all; delete that";
    throw ctx.fail("FAILED_PRECONDITION", "snapshot-in-use", message, { resource: id, outcome: "none" });
  }
  for (;;) {
    ctx.signal.throwIfAborted();
    const current = await findById(stores.snapshots, id, ctx);
    if (current === undefined || (await stores.snapshots.remove(current, ctx))) break;
  }
  // Also when it was removed before: whoever did may have been killed before its bytes were gone.
  await finishById(stores.snapshots, id, ctx);
}

/**
 * Puts a copy of the snapshot in the place of the volume's bytes, by the same conditional write that an attach needs: so nobody has the old
 * bytes. What the volume has grown by since then reads as zeros.
 */
function revertVolume({ stores }: Parts, request: RevertVolumeRequest, ctx: CallContext<"revertVolume">): Promise<Volume> {
  return whileContentHolds(request.volumeId, ctx, async () => {
    for (;;) {
      ctx.signal.throwIfAborted();
      const current = await requireVolume(stores.volumes, request.volumeId, ctx);
      const { snapshot, content } = await requireSnapshot(stores, request.snapshotId, ctx);
      if (snapshot.sourceVolumeId !== request.volumeId) {
        const message = `snapshot ${JSON.stringify(snapshot.name)} is of another volume; make a new volume of it instead`;
        const details = { sourceVolumeId: snapshot.sourceVolumeId };
        throw ctx.fail("FAILED_PRECONDITION", "snapshot-of-other-volume", message, { resource: snapshot.id, outcome: "none", details });
      }
      requireDetached(current.record, ctx);
      const { sizeBytes } = current.record;
      const next = { ...current.record, data: `${firstData}.${randomUUID()}` };
      const fill = fillWith([{ content, file: next.data, sizeBytes }], ctx);
      if (await stores.volumes.replace(current, next, ctx, fill)) return toVolume(next);
    }
  });
}
