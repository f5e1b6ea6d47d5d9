import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { binPlaces, FileBin, renamedKeys, throwIntoBin } from "./file-bin.js";
import { removeTree } from "./file-system.js";
import { FileImports, giveBack, importPlaces, prepareImports } from "./file-imports.js";
import { placesIn, type VolumeWays } from "./file-layout.js";
import { FileStore } from "./file-store.js";
import { sweepGrowth } from "./sweep-growth.js";
import { sweepShared, sweepStore } from "./file-sweep.js";
import type { RecordKind } from "./record-kind.js";
import type { Identified, Leftover, Sweep } from "./store.js";
import { sweepGroups } from "./sweep-groups.js";
import { plainStores, type Stores } from "./stores.js";
import { volumeKind } from "./volume-record.js";

/** The stores in a directory. */
export interface FileStores {
  readonly stores: Stores;
  readonly imports: FileImports;
  readonly sweep: Sweep;
}

/** Opens a directory, which is there, as the stores of one backend. */
export async function openFileStores(root: string): Promise<FileStores> {
  const shared = placesIn(root);
  const { bin: binPlace, renamed } = binPlaces(shared);
  const sweeps: Sweep[] = [(call, repair) => sweepShared(shared, call, repair)];
  const places = [shared.staging, shared.trash, binPlace, renamed];
  const open = <Record extends Identified>(kind: RecordKind<Record>, ways?: VolumeWays): FileStore<Record> => {
    const store = new FileStore(kind, shared, ways);
    places.push(store.place);
    sweeps.push((call, repair) => sweepStore(store, call, repair));
    return store;
  };
  const volumes = open(volumeKind, {
    finishers: { binned: throwIntoBin(binPlace), released: giveBack(importPlaces(shared).offered) },
    otherKeys: (id) => renamedKeys(renamed, id),
  });
  const bin = new FileBin(shared, volumes);
  const stores: Stores = { volumes, bin, ...plainStores((kind) => open(kind)) };
  const imports = new FileImports(shared, volumes);
  sweeps.push(
    (call, repair) => sweepGroups(stores, call, repair),
    (call, repair) => sweepGrowth(volumes, call, repair),
    (call, repair) => bin.sweep(call, repair),
    (call, repair) => imports.sweep(call, repair),
  );

  for (const place of places) await mkdir(place, { recursive: true, mode: 0o700 });
  await prepareImports(shared);
  await proveWritable(shared.staging);
  const sweep: Sweep = async (call, repair) => {
    await call.step("sweep");
    const found: Leftover[] = [];
    for (const part of sweeps) found.push(...(await part(call, repair)));
    return found;
  };
  return { stores, imports, sweep };
}

/** Shows that the directory can be written to: now, not at the first volume. */
async function proveWritable(staging: string): Promise<void> {
  const probe = join(staging, `${process.pid}-${randomUUID()}`);
  await mkdir(probe);
  await removeTree(probe);
}
