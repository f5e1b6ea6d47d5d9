import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "./file-system.js";
import { FileStore, type SharedPlaces } from "./file-store.js";
import { sweepGrowth } from "./file-sweep-growth.js";
import { sweepShared, sweepStore } from "./file-sweep.js";
import type { RecordKind } from "./record-kind.js";
import type { Identified, Leftover, Sweep } from "./store.js";
import { plainStores, type Stores } from "./stores.js";
import { volumeKind } from "./volume-record.js";

/** The stores in a directory. */
export interface FileStores {
  readonly stores: Stores;
  readonly sweep: Sweep;
}

/** Opens a directory, which is there, as the stores of one backend. */
export async function openFileStores(root: string): Promise<FileStores> {
  const shared: SharedPlaces = { root, staging: join(root, "staging"), trash: join(root, "trash") };
  const sweeps: Sweep[] = [(call, repair) => sweepShared(shared, call, repair)];
  const places = [shared.staging, shared.trash];
  const open = <Record extends Identified>(kind: RecordKind<Record>): FileStore<Record> => {
    const store = new FileStore(kind, shared);
    places.push(store.place);
    sweeps.push((call, repair) => sweepStore(store, call, repair));
    return store;
  };
  const volumes = open(volumeKind);
  const stores: Stores = { volumes, ...plainStores(open) };
  sweeps.push((call, repair) => sweepGrowth(volumes, call, repair));

  for (const place of places) await mkdir(place, { recursive: true, mode: 0o700 });
  await proveWritable(shared.staging);
  const sweep: Sweep = async (call, repair) => {
    await call.step("sweep");
    const found: Leftover[] = [];
    for (const part of sweeps) found.push(...(await part(call, repair)));
    return found;
  };
  return { stores, sweep };
}

/** Shows that the directory can be written to: now, not at the first volume. */
async function proveWritable(staging: string): Promise<void> {
  const probe = join(staging, `${process.pid}-${randomUUID()}`);
  await mkdir(probe);
  await removeTree(probe);
}
