import { formatBytes, type CallContext } from "@opensds/core";
import { readAll } from "./find-record.js";
import type { Parts } from "./parts.js";
import type { StoreCall } from "./store.js";
import type { Stores } from "./stores.js";

/** How much of the pool is given away, in bytes: what was promised, whether written or not. */
export interface Given {
  readonly volumesBytes: number;
  readonly snapshotsBytes: number;
  /** Deleted volumes that are not purged. */
  readonly trashBytes: number;
}

export async function givenAway({ volumes, bin, snapshots, groupSnapshots }: Stores, call: StoreCall): Promise<Given> {
  const total = (sized: readonly { readonly sizeBytes: number }[]): number => sized.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const whole = await readAll(snapshots, await snapshots.keys(), call);
  const grouped = await readAll(groupSnapshots, await groupSnapshots.keys(), call);
  const trashed = await Promise.all((await bin.ids()).map((id) => bin.read(id, call)));
  return {
    trashBytes: total(trashed.flatMap((binned) => binned?.record ?? [])),
    volumesBytes: total((await readAll(volumes, await volumes.keys(), call)).map(({ record }) => record)),
    snapshotsBytes: total([...whole.map(({ record }) => record), ...grouped.flatMap(({ record }) => record.members)]),
  };
}

/** The operations that take space. */
type TakesSpace = "createVolume" | "expandVolume" | "createSnapshot" | "createGroupSnapshot" | "importVolume";

/** Keeps to the pool size of the configuration. Calls at the very same moment do not see each other. */
export async function requireSpace({ stores, capacityBytes }: Parts, resource: string, requestedBytes: number, ctx: CallContext<TakesSpace>): Promise<void> {
  if (capacityBytes === undefined) return;
  const { volumesBytes, snapshotsBytes, trashBytes } = await givenAway(stores, ctx);
  const usedBytes = volumesBytes + snapshotsBytes + trashBytes;
  const freeBytes = Math.max(0, capacityBytes - usedBytes);
  if (requestedBytes <= freeBytes) return;
  throw ctx.fail(
    "RESOURCE_EXHAUSTED",
    "backend-full",
    `${formatBytes(requestedBytes)} do not fit: ${formatBytes(freeBytes)} of ${formatBytes(capacityBytes)} are free. Delete volumes or snapshots, purge the trash, or raise capacityBytes`,
    { resource, outcome: "none", details: { capacityBytes, usedBytes, requestedBytes } },
  );
}
