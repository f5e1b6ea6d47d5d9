import { open, type FileHandle } from "node:fs/promises";
import { KiB, MiB, type BackendFacets, type CallContext, type ChangedBlocksRequest, type ChangedExtent, type SnapshotId } from "@opensds/core";
import { requireSnapshot, type Content } from "./content.js";
import type { Parts } from "./parts.js";

/** How finely bytes are compared. */
const granuleBytes = { block: 64 * KiB, object: 4 * MiB } as const;

/** How much is read and compared at once. */
const chunkBytes = 4 * MiB;

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
  const { fromSnapshotId } = request;
  const from = fromSnapshotId === undefined ? undefined : await explained(() => snapshotOf(parts, request, fromSnapshotId, ctx));
  const granule = granuleBytes[request.detail ?? "block"];
  const start = Math.floor((request.startOffsetBytes ?? 0) / granule) * granule;
  const files = await explained(async () => ({ new: await openContent(to), old: from && (await openContent(from)) }));
  let pending: ChangedExtent | undefined;
  try {
    for (let offset = start; offset < to.sizeBytes; offset += chunkBytes) {
      ctx.signal.throwIfAborted();
      const length = Math.min(chunkBytes, to.sizeBytes - offset);
      const [now, before] = await explained(() => Promise.all([readAt(files.new, offset, length), readAt(files.old, offset, length)]));
      for (const extent of differences(now, before, offset, granule)) {
        if (pending !== undefined && adjoins(pending, extent)) {
          pending = { ...pending, lengthBytes: pending.lengthBytes + extent.lengthBytes };
        } else {
          if (pending !== undefined) yield pending;
          pending = extent;
        }
      }
    }
    if (pending !== undefined) yield pending;
  } finally {
    await files.new?.close();
    await files.old?.close();
  }
}

async function snapshotOf(
  { stores }: Parts,
  { volumeId }: ChangedBlocksRequest,
  id: SnapshotId,
  ctx: CallContext<"listChangedBlocks">,
): Promise<Content> {
  const { snapshot, content } = await requireSnapshot(stores, id, ctx);
  if (snapshot.sourceVolumeId === volumeId) return content;
  const message = `snapshot ${JSON.stringify(snapshot.name)} is of another volume than ${volumeId}`;
  const details = { sourceVolumeId: snapshot.sourceVolumeId };
  throw ctx.fail("FAILED_PRECONDITION", "snapshot-of-other-volume", message, { resource: id, outcome: "none", details });
}

const openContent = async ({ path }: Content): Promise<FileHandle | undefined> => (path === undefined ? undefined : open(path, "r"));

/** Bytes of a file; zeros where there is none, or where it has ended. */
async function readAt(file: FileHandle | undefined, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await file?.read(bytes, 0, length, offset);
  return bytes;
}

function* differences(now: Buffer, before: Buffer, offset: number, granule: number): Generator<ChangedExtent, void, void> {
  const zeros = Buffer.alloc(granule);
  for (let at = 0; at < now.length; at += granule) {
    const block = now.subarray(at, at + granule);
    if (block.equals(before.subarray(at, at + granule))) continue;
    yield { offsetBytes: offset + at, lengthBytes: block.length, exists: !block.equals(zeros.subarray(0, block.length)) };
  }
}

const adjoins = (one: ChangedExtent, next: ChangedExtent): boolean =>
  one.exists === next.exists && one.offsetBytes + one.lengthBytes === next.offsetBytes;
