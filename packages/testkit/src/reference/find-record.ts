import type { CallContext, Operation, VolumeId } from "@opensds/core";
import { keyOfId } from "./identity.js";
import type { Identified, Located, RecordStore, StoreCall, Stored } from "./store.js";
import type { VolumeRecord } from "./volume-record.js";

/** How many records are read side by side. */
const batchSize = 64;

/** The record with this id. Another one that has the same name by now is not it. */
export async function findById<Record extends Identified>(
  store: RecordStore<Record>,
  id: string,
  call: StoreCall,
): Promise<Stored<Record> | undefined> {
  const own = keyOfId(id);
  if (own === undefined) return undefined;
  const found = await store.read(own, call);
  if (found?.record.id === id) return found;
  for (const key of (await store.keysOf(id)).filter((other) => other !== own)) {
    const renamed = await store.read(key, call);
    if (renamed?.record.id === id) return renamed;
  }
  return undefined;
}

/** Does what is left to do for a removed record, wherever it is; an id of another form has nothing left. */
export async function finishById<Record extends Identified>(store: RecordStore<Record>, id: string, call: StoreCall): Promise<void> {
  for (const key of await store.keysOf(id)) await store.finish(key, id, call);
}

/**
 * Changes a record by one conditional write; when somebody else was first, looks again and decides again.
 * @param change gives the record that shall be; the same object means that nothing is to be written; may throw
 * @returns the record as it is afterwards; undefined when there is no such record
 */
export async function update<Record extends Identified>(
  store: RecordStore<Record>,
  id: string,
  call: StoreCall,
  change: (record: Record, where: Located<Record>) => Record,
): Promise<Located<Record> | undefined> {
  for (;;) {
    call.signal.throwIfAborted();
    const current = await findById(store, id, call);
    if (current === undefined) return undefined;
    const record = change(current.record, current);
    if (record === current.record || (await store.replace(current, record, call))) return { key: current.key, record };
  }
}

/** The records under these keys, a bounded number at a time. */
export async function readAll<Record extends Identified>(
  store: RecordStore<Record>,
  keys: readonly string[],
  call: StoreCall,
): Promise<readonly Stored<Record>[]> {
  const all: Stored<Record>[] = [];
  for (let start = 0; start < keys.length; start += batchSize) {
    call.signal.throwIfAborted();
    const batch = keys.slice(start, start + batchSize);
    const found = await Promise.all(batch.map((key) => store.read(key, call)));
    all.push(...found.filter((stored) => stored !== undefined));
  }
  return all;
}

/** The operations that are about one volume which must be there. */
type NeedsVolume = Extract<
  Operation,
  | "createVolume"
  | "getVolume"
  | "connectVolume"
  | "listAttachments"
  | "readFormat"
  | "writeFormat"
  | "createSnapshot"
  | "revertVolume"
  | "expandVolume"
  | "createGroup"
  | "updateGroup"
  | "getHealth"
  | "undeleteVolume"
>;

/** The volume with this id; NOT_FOUND when there is none. */
export async function requireVolume(
  store: RecordStore<VolumeRecord>,
  id: VolumeId,
  ctx: CallContext<NeedsVolume>,
): Promise<Stored<VolumeRecord>> {
  const found = await findById(store, id, ctx);
  if (found === undefined) throw noSuchVolume(ctx, id);
  return found;
}

/** The error for a volume that is not there. */
export function noSuchVolume(ctx: CallContext<NeedsVolume>, resource: string): Error {
  const message = `there is no volume ${JSON.stringify(resource)}; it was deleted or never made: list the volumes to see what there is`;
  return ctx.fail("NOT_FOUND", "volume-not-found", message, { resource, outcome: "none" });
}
