import { isSouthboundError, type Page, type Volume, type VolumeDriver } from "@opensds/core";
import type { CheckContext } from "../../check-context.js";

/** What two descriptions of one volume have to agree in; its state may move on in between. */
export const identityOf = ({ id, name, sizeBytes, parameters }: Volume) => ({ id, name, sizeBytes, parameters });

/** Reads one page. */
export async function readPage(driver: VolumeDriver, pageSize: number, startToken?: string): Promise<Page<Volume>> {
  for await (const page of driver.listVolumes({ pageSize, startToken }).pages()) return page;
  return { items: [] };
}

/** Reads the first so many volumes. */
export async function readVolumes(driver: VolumeDriver, count: number): Promise<readonly Volume[]> {
  return (await readPage(driver, count)).items;
}

/** Reads the whole list with large pages. */
export async function readAllVolumes(driver: VolumeDriver): Promise<readonly Volume[]> {
  const volumes: Volume[] = [];
  for await (const volume of driver.listVolumes({ pageSize: 1000 })) volumes.push(volume);
  return volumes;
}

/** The volume of a name; undefined when there is none. */
export async function findByName(driver: VolumeDriver, name: string): Promise<Volume | undefined> {
  try {
    return await driver.getVolume({ name });
  } catch (error) {
    if (isSouthboundError(error) && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/** A volume that was there and is deleted. */
export async function deletedVolume(ctx: CheckContext): Promise<Volume> {
  const volume = await ctx.create("gone");
  await ctx.driver.deleteVolume({ id: volume.id });
  return volume;
}
