import {
  isSouthboundError,
  MiB,
  openBackends,
  type CreateVolumeRequest,
  type DriverDefinition,
  type SouthboundError,
  type Volume,
  type VolumeDriver,
} from "@opensds/core";
import { onTestFinished } from "vitest";

/** Opens a driver of the reference kind on a store in memory. */
export async function openInMemory(definition: DriverDefinition): Promise<VolumeDriver> {
  const backends = await openBackends({ backends: { ssd: { reference_driver: { store: "memory" } } } }, { drivers: [definition] });
  const driver = backends.get("ssd");
  await driver.setup();
  return driver;
}

export const request = (name: string): CreateVolumeRequest => ({ name, capacity: { requiredBytes: MiB } });

/** How a call failed; a call that did not fail fails the test. */
export async function failure(call: Promise<unknown>): Promise<SouthboundError> {
  try {
    await call;
  } catch (error) {
    if (isSouthboundError(error)) return error;
    throw error;
  }
  throw new Error("the call was expected to fail");
}

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
