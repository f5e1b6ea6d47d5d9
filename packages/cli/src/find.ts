import { requireFacets, snapshotId, volumeId, type Snapshot, type Volume, type VolumeDriver } from "@opensds/core";
import type { CommandContext, Option } from "./command.js";

/** Takes the argument for an id: names and ids are never guessed from each other. */
export const byId: Option = { name: "id", help: "the argument is an id, not a name" };

/** The volume that an argument names. */
export function findVolume(driver: VolumeDriver, ctx: CommandContext, argument = "VOLUME"): Promise<Volume> {
  const word = ctx.argument(argument);
  return driver.getVolume(ctx.options.flag("id") ? { id: volumeId(word) } : { name: word }, ctx.call);
}

/** The volume that an option names. */
export const volumeNamed = (driver: VolumeDriver, ctx: CommandContext, name: string): Promise<Volume> => driver.getVolume({ name }, ctx.call);

/** The snapshot that the argument names. */
export function findSnapshot(driver: VolumeDriver, ctx: CommandContext): Promise<Snapshot> {
  const word = ctx.argument("SNAPSHOT");
  const request = ctx.options.flag("id") ? { id: snapshotId(word) } : { name: word };
  return requireFacets(driver, "snapshots").snapshots.getSnapshot(request, ctx.call);
}
