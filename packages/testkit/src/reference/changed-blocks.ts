import { open, type FileHandle } from "node:fs/promises";
import { KiB, MiB, type BackendFacets, type CallContext, type ChangedBlocksRequest, type ChangedExtent, type SnapshotId } from "@opensds/core";
import { requireSnapshot, type FoundSnapshot } from "./content.js";
import { errnoOf } from "./file-system.js";
import type { Parts } from "./parts.js";

/** How finely bytes are compared. */
const granuleBytes = { block: 64 * KiB, object: 4 * MiB } as const;

/** How much is read and compared at once; no extent goes beyond it. */
const pieceBytes = 4 * MiB;

/** What changed between snapshots, told by reading both: right, and as slow as the disk. */
export function changedBlocksFacet(parts: Parts): BackendFacets["changedBlocks"] {
  return { listChangedBlocks: (request, ctx) => listChangedBlocks(parts, request, ctx) };
}

async function* listChangedBlocks(
  parts: Parts,
  request: ChangedBlocksRequest,
  ctx: CallContext<"listChangedBlocks">,
): AsyncGenerator<ChangedExtent, void, void> {
  const { explained } = parts;
  const to = await explained(() => snapshotOf(parts, request, request.toSnapshotId, ctx));
  const { fromSnapshotId, startOffsetBytes = 0, detail = "block" } = request;
  const from = fromSnapshotId === undefined ? undefined : await explained(() => snapshotOf(parts, request, fromSnapshotId, ctx));
  if (from !== undefined && from.snapshot.createdAt > to.snapshot.createdAt) throw notOrdered(request, ctx);
  const now = await openContent(to, ctx);
  let before: FileHandle | undefined;
  try {
    before = from && (await openContent(from, ctx));
    // In pieces that are always the same, wherever the stream begins: so that it goes on as the whole would have.
    const start = Math.floor(startOffsetBytes / pieceBytes) * pieceBytes;
    for (let offset = start; offset < to.content.sizeBytes; offset += pieceBytes) {
      ctx.signal.throwIfAborted();
      const length = Math.min(pieceBytes, to.content.sizeBytes - offset);
      const [newer, older] = await explained(() => Promise.all([readAt(now, offset, length), readAt(before, offset, length)]));
      for (const extent of extentsOf(newer, older, offset, granuleBytes[detail])) {
        if (extent.offsetBytes + extent.lengthBytes > startOffsetBytes) yield extent;
      }
    }
  } finally {
    await now?.close();
    await before?.close();
  }
}

async function snapshotOf(
  { stores }: Parts,
  { volumeId }: ChangedBlocksRequest,
  id: SnapshotId,
  ctx: CallContext<"listChangedBlocks">,
): Promise<FoundSnapshot> {
  const found = await requireSnapshot(stores, id, ctx);
  const { name, sourceVolumeId } = found.snapshot;
  if (sourceVolumeId === volumeId) return found;
  const message = `snapshot ${JSON.stringify(name)} is of another volume than ${volumeId}`;
  throw ctx.fail("FAILED_PRECONDITION", "snapshot-of-other-volume", message, { resource: id, outcome: "none", details: { sourceVolumeId } });
}

function notOrdered({ toSnapshotId }: ChangedBlocksRequest, ctx: CallContext<"listChangedBlocks">): Error {
  const message = "fromSnapshotId is newer than toSnapshotId; give the older one as fromSnapshotId";
  return ctx.fail("INVALID_ARGUMENT", "snapshots-not-ordered", message, { resource: toSnapshotId, outcome: "none" });
}

/** Open, a snapshot's bytes stay to the end of the stream, also when it is deleted meanwhile. */
async function openContent({ content: { id, name, path } }: FoundSnapshot, ctx: CallContext<"listChangedBlocks">): Promise<FileHandle | undefined> {
  if (path === undefined) return undefined;
  try {
    return await open(path, "r");
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    const message = `snapshot ${JSON.stringify(name)} was deleted just now`;
    throw ctx.fail("ABORTED", "snapshot-gone", message, { resource: id, recovery: "fix-request", outcome: "none", cause: error });
  }
}

/** Bytes of a file; zeros where there is none, or where it has ended. */
async function readAt(file: FileHandle | undefined, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await file?.read(bytes, 0, length, offset);
  return bytes;
}

/** The runs of differing granules in one piece. */
function extentsOf(now: Buffer, before: Buffer, offset: number, granule: number): readonly ChangedExtent[] {
  const zeros = Buffer.alloc(granule);
  const extents: ChangedExtent[] = [];
  for (let at = 0; at < now.length; at += granule) {
    const block = now.subarray(at, at + granule);
    if (block.equals(before.subarray(at, at + granule))) continue;
    const extent = { offsetBytes: offset + at, lengthBytes: block.length, exists: !block.equals(zeros.subarray(0, block.length)) };
    const last = extents.at(-1);
    if (last?.exists === extent.exists && last.offsetBytes + last.lengthBytes === extent.offsetBytes) {
      extents[extents.length - 1] = { ...last, lengthBytes: last.lengthBytes + extent.lengthBytes };
    } else extents.push(extent);
  }
  return extents;
}
