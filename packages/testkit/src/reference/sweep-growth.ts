import { stat } from "node:fs/promises";
import { formatBytes } from "@opensds/core";
import { errnoOf } from "./file-system.js";
import type { Leftover, RecordStore, StoreCall, Stored } from "./store.js";
import type { VolumeRecord } from "./volume-record.js";

/** Finishes growths whose file has grown already (expansion.ts): a host may see the new size, so there is no way back. */
export async function sweepGrowth(volumes: RecordStore<VolumeRecord>, call: StoreCall, repair: boolean): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const key of await volumes.keys()) {
    call.signal.throwIfAborted();
    const current = await volumes.read(key, call);
    if (current === undefined) continue;
    const sizeBytes = await fileSize(volumes, current);
    if (sizeBytes <= current.record.sizeBytes) continue;
    const { id } = current.record;
    found.push({ kind: "half-grown", reference: id, message: `its file has grown to ${formatBytes(sizeBytes)} already`, action: "finish" });
    if (repair) await volumes.replace(current, { ...current.record, sizeBytes }, call);
  }
  return found;
}

async function fileSize(volumes: RecordStore<VolumeRecord>, current: Stored<VolumeRecord>): Promise<number> {
  const path = volumes.pathOf(current, current.record.data);
  if (path === undefined) return 0;
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return 0;
    throw error;
  }
}
