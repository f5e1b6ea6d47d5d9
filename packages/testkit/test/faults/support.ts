import { MiB, openBackends, type CreateVolumeRequest, type DriverDefinition, type Volume, type VolumeDriver } from "@opensds/core";
import { onTestFinished } from "vitest";

export { failure } from "../support/failure.js";

/** Opens a driver of the reference kind on a store in memory. */
export async function openInMemory(definition: DriverDefinition): Promise<VolumeDriver> {
  const backends = await openBackends({ backends: { ssd: { reference_driver: { store: "memory" } } } }, { drivers: [definition] });
  const driver = backends.get("ssd");
  await driver.setup();
  return driver;
}

export const request = (name: string): CreateVolumeRequest => ({ name, capacity: { requiredBytes: MiB } });

export async function volumesOf(driver: VolumeDriver, pageSize?: number): Promise<Volume[]> {
  const volumes: Volume[] = [];
  for await (const volume of driver.listVolumes({ pageSize })) volumes.push(volume);
  return volumes;
}

/** Collects what happens unhandled in this process until the test ends. */
export function watchUnhandled(): readonly unknown[] {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  return unhandled;
}
