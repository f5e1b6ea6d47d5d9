import type { BackendFacets, CallContext, ChangedBlocksRequest, ChangedExtent, SnapshotId } from "@opensds/core";
import { together } from "../bounded.js";
import { openCall, type Call } from "../call.js";
import { toSouthbound } from "../errors.js";
import { findSnapshot, noSuchSnapshot, snapshotsOf, type FoundSnapshot } from "./find-snapshot.js";
import type { Pool } from "../pool.js";
import { volumeBytes } from "../records/encryption.js";
import { findVolume, noSuchVolume, type FoundVolume } from "../volumes/require-volume.js";

type DiffCall = Call<"listChangedBlocks">;

/** What changed between snapshots, as RBD tracks it. */
export function changedBlocksFacet(pool: Pool): BackendFacets["changedBlocks"] {
  return { listChangedBlocks: (request, ctx) => listChangedBlocks(pool, request, ctx) };
}

async function* listChangedBlocks(
  pool: Pool,
  request: ChangedBlocksRequest,
  ctx: CallContext<"listChangedBlocks">,
): AsyncGenerator<ChangedExtent, void, void> {
  const call = openCall(ctx);
  try {
    yield* extents(pool, request, call);
  } catch (thrown) {
    throw toSouthbound(call, pool.config, thrown);
  }
}

async function* extents(pool: Pool, request: ChangedBlocksRequest, call: DiffCall): AsyncGenerator<ChangedExtent, void, void> {
  const { ctx } = call;
  const { fromSnapshotId, toSnapshotId, startOffsetBytes = 0, detail = "block" } = request;
  const volume = await findVolume(pool, call, request.volumeId);
  if (volume === undefined) throw noSuchVolume(pool, ctx, request.volumeId);
  const to = await requireSnapshot(pool, call, volume, toSnapshotId);
  const from = fromSnapshotId === undefined ? undefined : await requireSnapshot(pool, call, volume, fromSnapshotId);
  for (const { image, snapshot } of from === undefined ? [to] : [from, to]) if (image.kind === "group") throw notTracked(call, snapshot.id);
  if (from !== undefined && from.image.id > to.image.id) {
    const message = "fromSnapshotId is newer than toSnapshotId; give the older one as fromSnapshotId";
    throw ctx.fail("INVALID_ARGUMENT", "snapshots-not-ordered", message, { resource: toSnapshotId, outcome: "none" });
  }
  if (from?.image.id === to.image.id) return;

  const wanted = { from: from?.image.name, to: to.image.name, wholeObjects: detail === "object" };
  try {
    for await (const { offsetBytes, lengthBytes, exists } of pool.snapshots.diff(call, volume.info.name, wanted)) {
      // Whole objects reach beyond the end of a volume that ends within one; an encrypted volume begins behind its header.
      const begin = Math.max(volumeBytes(offsetBytes, to), 0);
      const end = Math.min(volumeBytes(offsetBytes + lengthBytes, to), to.snapshot.sizeBytes);
      if (end > begin && end > startOffsetBytes) yield { offsetBytes: begin, lengthBytes: end - begin, exists };
    }
  } catch (thrown) {
    await requireStillThere(pool, call, volume, [from, to]);
    throw thrown;
  }
  await requireStillThere(pool, call, volume, [from, to]);
}

async function requireSnapshot(pool: Pool, call: DiffCall, volume: FoundVolume, id: SnapshotId): Promise<FoundSnapshot> {
  const found = await findSnapshot(pool, call, id);
  if (found === undefined) throw noSuchSnapshot(call.ctx, id);
  if (found.imageId === volume.imageId) return found;
  const message = `snapshot ${JSON.stringify(found.snapshot.name)} is of another volume`;
  const details = { sourceVolumeId: found.snapshot.sourceVolumeId };
  throw call.ctx.fail("FAILED_PRECONDITION", "snapshot-of-other-volume", message, { resource: id, outcome: "none", details });
}

function notTracked({ ctx }: DiffCall, id: SnapshotId): Error {
  const message = "the snapshot is part of a group's snapshot, which RBD compares with nothing; compare snapshots of the volume's own";
  return ctx.fail("FAILED_PRECONDITION", "changes-not-tracked", message, { resource: id, outcome: "none" });
}

/** The work goes by names; names that still mean the same after it meant the same during it. */
async function requireStillThere(pool: Pool, call: DiffCall, { imageId, info }: FoundVolume, compared: readonly (FoundSnapshot | undefined)[]): Promise<void> {
  if (call.ctx.signal.aborted) return;
  const [name, now] = await together(pool.rados.directoryNameOf(call, imageId), snapshotsOf(pool, call, imageId));
  const gone = compared.find((one) => one !== undefined && now.every(({ id, name: called }) => id !== one.image.id || called !== one.image.name));
  if (gone === undefined && name === info.name) return;
  const what = gone === undefined ? "the volume's image was renamed or deleted" : `snapshot ${JSON.stringify(gone.snapshot.name)} was deleted`;
  throw call.ctx.fail("ABORTED", "snapshot-gone", `${what} while its changes were read`, {
    resource: gone?.snapshot.id ?? info.name,
    outcome: "none",
    recovery: "fix-request",
  });
}
