import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { formatBytes, type BackendCreateRequest, type CallContext, type Volume } from "@opensds/core";
import { requireSpace } from "./capacity.js";
import { fillWith, sourceContent, whileContentHolds, type Content } from "./content.js";
import { writeSparseFile } from "./file-system.js";
import { nameKey } from "./identity.js";
import type { Parts } from "./parts.js";
import type { Fill } from "./store.js";
import { firstData, newVolumeRecord, toVolume, type VolumeRecord } from "./volume-record.js";

/**
 * Makes a volume or finds the one that the same request made. The name's key is the only thing that several callers
 * fight for, and `create` gives it to one of them; the others look again and find the winner's volume.
 */
export function createVolume(parts: Parts, request: BackendCreateRequest, ctx: CallContext<"createVolume">): Promise<Volume> {
  const { volumes } = parts.stores;
  const key = nameKey(request.name);
  return whileContentHolds(request.name, ctx, async () => {
    for (;;) {
      ctx.signal.throwIfAborted();
      // Before its source is looked at: a volume outlives its source, and so does its replay.
      const existing = await volumes.read(key, ctx);
      if (existing !== undefined) return toVolume(requireCompatible(existing.record, request, ctx));
      const fill = await contentFor(parts, request, ctx);
      await requireSpace(parts, request.name, request.sizeBytes, ctx);
      const { name, sizeBytes, parameters, source = null } = request;
      const record = { ...newVolumeRecord(key, name, sizeBytes), parameters, source };
      if (await volumes.create(key, record, ctx, fill)) return toVolume(record);
    }
  });
}

/** What writes the new volume's bytes: zeros, or its source's and zeros after them. */
async function contentFor({ stores }: Parts, request: BackendCreateRequest, ctx: CallContext<"createVolume">): Promise<Fill> {
  const { source, sizeBytes } = request;
  if (source === undefined) return (home) => writeSparseFile(join(home, firstData), sizeBytes);
  const content = await sourceContent(stores, source, ctx);
  if (content.sizeBytes > sizeBytes) throw tooSmall(content, request, ctx);
  return fillWith([{ content, file: firstData, sizeBytes }], ctx);
}

function tooSmall(content: Content, { name, sizeBytes }: BackendCreateRequest, ctx: CallContext<"createVolume">): Error {
  const message = `volume ${JSON.stringify(name)} of ${formatBytes(sizeBytes)} cannot hold its source ${JSON.stringify(content.name)}, which has ${formatBytes(content.sizeBytes)}; ask for at least that`;
  const details = { sourceId: content.id, sourceSizeBytes: content.sizeBytes };
  return ctx.fail("OUT_OF_RANGE", "size-below-source", message, { resource: name, outcome: "none", details });
}

/** Whether the volume is what the request would have made; else says what differs. */
function requireCompatible(record: VolumeRecord, request: BackendCreateRequest, ctx: CallContext<"createVolume">): VolumeRecord {
  const { requiredBytes, limitBytes } = request.capacity;
  const differences: string[] = [];
  if (requiredBytes > record.sizeBytes) {
    differences.push(`it has ${formatBytes(record.sizeBytes)} where at least ${formatBytes(requiredBytes)} are required`);
  }
  if (limitBytes !== null && limitBytes < record.createdSizeBytes) {
    differences.push(`it was made with ${formatBytes(record.createdSizeBytes)} where at most ${formatBytes(limitBytes)} are allowed`);
  }
  if (!isDeepStrictEqual({ ...record.parameters }, { ...request.parameters })) differences.push("it was made with other parameters");
  if (!isDeepStrictEqual(record.source, request.source ?? null)) differences.push("it was made from another source");
  if (record.importedFrom !== null) differences.push("it was imported, not made");
  if (differences.length === 0) return record;
  throw ctx.fail(
    "ALREADY_EXISTS",
    "volume-exists",
    `volume ${JSON.stringify(record.name)} is there already and differs from the request: ${differences.join("; ")}. Use another name, or delete it first`,
    { resource: record.name, outcome: "none", details: { volumeId: record.id, sizeBytes: record.sizeBytes, differences } },
  );
}
