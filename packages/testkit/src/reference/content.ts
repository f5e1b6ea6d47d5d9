import { join } from "node:path";
import type { CallContext, Snapshot, SnapshotId, VolumeId, VolumeSource } from "@opensds/core";
import { copyStill, SourceBusy, SourceGone } from "./copy-still.js";
import { findById, requireVolume } from "./find-record.js";
import { memberData, memberOf, memberSnapshots } from "./group-record.js";
import { snapshotData, toSnapshot } from "./snapshot-record.js";
import type { Fill, StoreCall } from "./store.js";
import type { Stores } from "./stores.js";

/** Something with bytes that can be copied: a volume or a snapshot. */
export interface Content {
  readonly id: VolumeId | SnapshotId;
  readonly name: string;
  readonly sizeBytes: number;
  /** The file with the bytes; undefined in memory, where all volumes read as zeros. */
  readonly path: string | undefined;
}

/** The operations that copy content. */
export type Copies = "createVolume" | "createSnapshot" | "revertVolume" | "createGroupSnapshot" | "fenceHost";

/** A volume's content as it is now. */
export async function volumeContent(stores: Stores, id: VolumeId, ctx: CallContext<"createVolume" | "createSnapshot">): Promise<Content> {
  const volume = await requireVolume(stores.volumes, id, ctx);
  const { name, sizeBytes, data } = volume.record;
  return { id, name, sizeBytes, path: stores.volumes.pathOf(volume, data) };
}

/** A snapshot, with its content. */
export interface FoundSnapshot {
  readonly snapshot: Snapshot;
  readonly content: Content;
}

/** The snapshot with this id. */
export async function findSnapshot(stores: Stores, id: SnapshotId, ctx: CallContext): Promise<FoundSnapshot | undefined> {
  const member = memberOf(id);
  if (member !== undefined) return findMemberSnapshot(stores, member, ctx);
  const found = await findById(stores.snapshots, id, ctx);
  if (found === undefined) return undefined;
  const { name, sizeBytes } = found.record;
  return { snapshot: toSnapshot(found.record), content: { id, name, sizeBytes, path: stores.snapshots.pathOf(found, snapshotData) } };
}

async function findMemberSnapshot(
  { groupSnapshots }: Stores,
  { groupSnapshotId, index }: NonNullable<ReturnType<typeof memberOf>>,
  call: StoreCall,
): Promise<FoundSnapshot | undefined> {
  const found = await findById(groupSnapshots, groupSnapshotId, call);
  const snapshot = found && memberSnapshots(found.record)[index];
  if (found === undefined || snapshot === undefined) return undefined;
  const { id, name, sizeBytes } = snapshot;
  return { snapshot, content: { id, name, sizeBytes, path: groupSnapshots.pathOf(found, memberData(index)) } };
}

/** The operations that are about one snapshot which must be there. */
type NeedsSnapshot = "createVolume" | "getSnapshot" | "revertVolume" | "listChangedBlocks";

/** The snapshot with this id; NOT_FOUND when there is none. */
export async function requireSnapshot(stores: Stores, id: SnapshotId, ctx: CallContext<NeedsSnapshot>): Promise<FoundSnapshot> {
  const found = await findSnapshot(stores, id, ctx);
  if (found === undefined) throw noSuchSnapshot(ctx, id);
  return found;
}

/** The error for a snapshot that is not there. */
export function noSuchSnapshot(ctx: CallContext<NeedsSnapshot>, resource: string): Error {
  const message = `there is no snapshot ${JSON.stringify(resource)}; it was deleted or never made: list the snapshots to see what there is`;
  return ctx.fail("NOT_FOUND", "snapshot-not-found", message, { resource, outcome: "none" });
}

/** What a new volume shall begin with. */
export async function sourceContent(stores: Stores, source: VolumeSource, ctx: CallContext<"createVolume">): Promise<Content> {
  return source.kind === "volume"
    ? volumeContent(stores, source.volumeId, ctx)
    : (await requireSnapshot(stores, source.snapshotId, ctx)).content;
}

/** Copies contents, all as they are at one moment, into files of the given names and sizes; nothing to do in memory. */
export function fillWith(copies: readonly { content: Content; file: string; sizeBytes: number }[], ctx: CallContext<Copies>): Fill {
  return (home) =>
    copyStill(
      copies.flatMap(({ content: { path }, file, sizeBytes }) => (path === undefined ? [] : [{ from: path, to: join(home, file), sizeBytes }])),
      ctx,
    );
}

/** So often only where somebody took away the file that a record names. */
const maxAttempts = 100;

/**
 * Runs what copies content, again when its source went away or changed places meanwhile: `attempt` looks again what there is. A
 * source that is written to all the time ends it.
 */
export async function whileContentHolds<Value>(resource: string, ctx: CallContext<Copies>, attempt: () => Promise<Value>): Promise<Value> {
  // Fencing has shut the host out by then; everything else has changed nothing.
  const outcome = ctx.operation === "fenceHost" ? "applied" : "none";
  for (let attempts = 1; ; attempts += 1) {
    ctx.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof SourceGone && attempts < maxAttempts) continue;
      if (!(error instanceof SourceBusy)) throw error;
      const message = `what ${resource} holds is being written to all the time, and this driver can only copy it while nothing is written; freeze its file system for the moment, or detach it`;
      throw ctx.fail("FAILED_PRECONDITION", "volume-busy", message, { resource, recovery: "retry", outcome, cause: error });
    }
  }
}
