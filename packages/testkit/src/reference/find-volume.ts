import type { CallContext, Operation, VolumeId } from "@opensds/core";
import { keyOfId } from "./identity.js";
import type { StoreCall, StoredVolume, VolumeStore } from "./store.js";
import type { VolumeRecord } from "./volume-record.js";

/** How many records are read side by side. */
const batchSize = 64;

/** The volume with this id. Another volume that has the same name by now is not it. */
export async function findVolume(store: VolumeStore, id: VolumeId, call: StoreCall): Promise<StoredVolume | undefined> {
  const key = keyOfId(id);
  if (key === undefined) return undefined;
  const found = await store.read(key, call);
  return found?.record.id === id ? found : undefined;
}

/**
 * Changes a volume's record by one conditional write; when somebody else was first, looks again and decides again.
 * @param change gives the record that shall be; the same object means that nothing is to be written; may throw
 * @returns the record as it is afterwards; undefined when there is no such volume
 */
export async function updateVolume(
  store: VolumeStore,
  id: VolumeId,
  call: StoreCall,
  change: (record: VolumeRecord) => VolumeRecord,
): Promise<VolumeRecord | undefined> {
  for (;;) {
    call.signal.throwIfAborted();
    const current = await findVolume(store, id, call);
    if (current === undefined) return undefined;
    const next = change(current.record);
    if (next === current.record || (await store.replace(current, next, call))) return next;
  }
}

/** The volumes under these keys, a bounded number at a time. */
export async function readVolumes(store: VolumeStore, keys: readonly string[], call: StoreCall): Promise<readonly VolumeRecord[]> {
  const records: VolumeRecord[] = [];
  for (let start = 0; start < keys.length; start += batchSize) {
    call.signal.throwIfAborted();
    const batch = keys.slice(start, start + batchSize);
    const found = await Promise.all(batch.map((key) => store.read(key, call)));
    records.push(...found.flatMap((stored) => (stored === undefined ? [] : [stored.record])));
  }
  return records;
}

/** The operations that are about one volume which must be there. */
type NeedsVolume = Extract<Operation, "getVolume" | "connectVolume" | "listAttachments" | "readFormat" | "writeFormat">;

/** The error for a volume that is not there. */
export function noSuchVolume(ctx: CallContext<NeedsVolume>, resource: string): Error {
  const message = `there is no volume ${JSON.stringify(resource)}; it was deleted or never made: list the volumes to see what there is`;
  return ctx.fail("NOT_FOUND", "volume-not-found", message, { resource, outcome: "none" });
}
