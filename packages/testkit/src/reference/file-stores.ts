import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "./file-system.js";
import { FileStore, type SharedPlaces } from "./file-store.js";
import { sweepGrowth } from "./file-sweep-growth.js";
import { sweepShared, sweepStore } from "./file-sweep.js";
import { snapshotKind } from "./snapshot-record.js";
import type { Sweep } from "./store.js";
import type { Stores } from "./stores.js";
import { volumeKind } from "./volume-record.js";

/** The stores in a directory. */
export interface FileStores {
  readonly stores: Stores;
  readonly sweep: Sweep;
}

/** Opens a directory, which is there, as the stores of one backend. */
export async function openFileStores(root: string): Promise<FileStores> {
  const shared: SharedPlaces = { root, staging: join(root, "staging"), trash: join(root, "trash") };
  const volumes = new FileStore(volumeKind, shared);
  const snapshots = new FileStore(snapshotKind, shared);
  const places = [shared.staging, shared.trash, volumes.place, snapshots.place];
  for (const place of places) await mkdir(place, { recursive: true, mode: 0o700 });
  await proveWritable(shared.staging);

  const sweep: Sweep = async (call, repair) => {
    await call.step("sweep");
    return [
      ...(await sweepShared(shared, call, repair)),
      ...(await sweepStore(volumes, call, repair)),
      ...(await sweepGrowth(volumes, call, repair)),
      ...(await sweepStore(snapshots, call, repair)),
    ];
  };
  return { stores: { volumes, snapshots }, sweep };
}

/** Shows that the directory can be written to: now, not at the first volume. */
async function proveWritable(staging: string): Promise<void> {
  const probe = join(staging, `${process.pid}-${randomUUID()}`);
  await mkdir(probe);
  await removeTree(probe);
}
