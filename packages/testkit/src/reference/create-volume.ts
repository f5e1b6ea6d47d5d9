import { isDeepStrictEqual } from "node:util";
import { formatBytes, type BackendCreateRequest, type CallContext, type Volume } from "@opensds/core";
import { readVolumes } from "./find-volume.js";
import { nameKey, newVolumeId } from "./identity.js";
import type { VolumeStore } from "./store.js";
import { toVolume, type VolumeRecord } from "./volume-record.js";

/**
 * Makes a volume or finds the one that the same request made. The name's key is the only thing that several callers
 * fight for, and `store.create` gives it to one of them; the others look again and find the winner's volume.
 */
export async function createVolume(
  store: VolumeStore,
  capacityBytes: number | undefined,
  request: BackendCreateRequest,
  ctx: CallContext<"createVolume">,
): Promise<Volume> {
  const key = nameKey(request.name);
  for (;;) {
    ctx.signal.throwIfAborted();
    const existing = await store.read(key, ctx);
    if (existing !== undefined) return toVolume(requireCompatible(existing.record, request, ctx));
    if (capacityBytes !== undefined) await requireSpace(store, capacityBytes, request, ctx);
    const record = newRecord(key, request);
    if (await store.create(record, ctx)) return toVolume(record);
  }
}

function newRecord(key: string, request: BackendCreateRequest): VolumeRecord {
  return {
    layout: 1,
    id: newVolumeId(key),
    name: request.name,
    sizeBytes: request.sizeBytes,
    createdSizeBytes: request.sizeBytes,
    parameters: request.parameters,
    createdAt: new Date().toISOString(),
    attachments: [],
    format: null,
  };
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
  if (differences.length === 0) return record;
  throw ctx.fail(
    "ALREADY_EXISTS",
    "volume-exists",
    `volume ${JSON.stringify(record.name)} is there already and differs from the request: ${differences.join("; ")}. Use another name, or delete it first`,
    { resource: record.name, outcome: "none", details: { volumeId: record.id, sizeBytes: record.sizeBytes, differences } },
  );
}

/** Keeps to the pool size of the configuration. Creates at the very same moment do not see each other. */
async function requireSpace(
  store: VolumeStore,
  capacityBytes: number,
  request: BackendCreateRequest,
  ctx: CallContext<"createVolume">,
): Promise<void> {
  const volumes = await readVolumes(store, await store.keys(), ctx);
  const usedBytes = volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const freeBytes = Math.max(0, capacityBytes - usedBytes);
  if (request.sizeBytes <= freeBytes) return;
  throw ctx.fail(
    "RESOURCE_EXHAUSTED",
    "backend-full",
    `${formatBytes(request.sizeBytes)} do not fit: ${formatBytes(freeBytes)} of ${formatBytes(capacityBytes)} are free. Delete volumes or raise capacityBytes`,
    { resource: request.name, outcome: "none", details: { capacityBytes, usedBytes, requestedBytes: request.sizeBytes } },
  );
}
