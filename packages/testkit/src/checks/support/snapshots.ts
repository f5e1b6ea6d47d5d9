import { isSouthboundError, requireFacets, type DriverWith, type Snapshot, type Volume, type VolumeSource } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { CheckContext } from "../../check-context.js";
import { removeVolume } from "../../run/remove-volume.js";

/** Milliseconds between two looks whether a snapshot's copy is done. */
const readyPollMs = 250;

/** What two descriptions of one snapshot have to agree in; it may become ready in between. */
export const cutOf = ({ id, name, sourceVolumeId, sizeBytes, createdAt }: Snapshot) => ({ id, name, sourceVolumeId, sizeBytes, createdAt });

/** A name for a snapshot that is removed after the check, if there is one by then. */
export function snapshotName(ctx: CheckContext, label: string): string {
  const name = ctx.name(label);
  ctx.defer(`delete snapshot ${name}`, async (janitor) => {
    const { snapshots } = requireFacets(janitor, "snapshots");
    const found = await snapshots.getSnapshot({ name }).catch(absent);
    if (found !== undefined) await snapshots.deleteSnapshot({ id: found.id });
  });
  return name;
}

/** Cuts a snapshot and waits until it can be read; it is removed after the check. */
export async function cutSnapshot(ctx: CheckContext, driver: DriverWith<"snapshots">, volume: Pick<Volume, "id">, label: string): Promise<Snapshot> {
  const name = snapshotName(ctx, label);
  return whenReady(ctx, driver, await driver.snapshots.createSnapshot({ name, sourceVolumeId: volume.id }));
}

/** Waits until a snapshot can be read, or until the check's time is up. */
export async function whenReady(ctx: CheckContext, driver: DriverWith<"snapshots">, snapshot: Snapshot): Promise<Snapshot> {
  let current = snapshot;
  while (!current.readyToUse) {
    await sleep(readyPollMs, undefined, { signal: ctx.signal });
    current = await driver.snapshots.getSnapshot({ id: snapshot.id });
  }
  return current;
}

/** A volume made from a source. It goes before the source does: some backends keep a source that something depends on. */
export async function cloneOf(ctx: CheckContext, source: VolumeSource, sizeBytes: number, label = "clone"): Promise<Volume> {
  const volume = await ctx.driver.createVolume({ name: ctx.name(label), capacity: { requiredBytes: sizeBytes }, source });
  ctx.defer(`delete volume ${volume.name}`, (janitor) => removeVolume(janitor, volume.id));
  return volume;
}

/** Skips the check where volumes cannot be made from snapshots. */
export function requireSnapshotSource(ctx: CheckContext, driver: DriverWith<"sources">): void {
  if (!driver.sources.kinds.includes("snapshot")) ctx.skip("this backend makes no volumes from snapshots, so that they cannot be read");
}

function absent(error: unknown): undefined {
  if (isSouthboundError(error) && error.code === "NOT_FOUND") return undefined;
  throw error;
}
