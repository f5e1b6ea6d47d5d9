import type { Device, Volume, VolumeDriver } from "@opensds/core";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { CheckContext } from "../../check-context.js";
import { deviceOf, writeDevice } from "./device-bytes.js";

/** Bytes at a place. A volume's content is what was written, the last on top, and zeros everywhere else. */
export interface Patch {
  readonly offsetBytes: number;
  readonly bytes: Buffer;
}

/** A volume's size; the suite makes none whose size cannot be told. */
export function sizeOf({ name, sizeBytes }: Volume): number {
  if (sizeBytes !== null) return sizeBytes;
  throw new Error(`volume ${name} was returned without its size`);
}

/** Attaches a volume, works with its device and detaches it. What fails in between is left to the check's cleaning up. */
export async function withDevice<Value>(driver: VolumeDriver, volume: Pick<Volume, "id">, work: (device: Device) => Promise<Value>): Promise<Value> {
  const record = await driver.attachVolume({ volumeId: volume.id });
  const value = await work(deviceOf(record));
  await driver.detachVolume(record);
  return value;
}

/** Writes to a device, and waits until the volume has it. */
export async function writePatches(device: Device, patches: readonly Patch[]): Promise<void> {
  for (const { offsetBytes, bytes } of patches) await writeDevice(device, offsetBytes, bytes);
}

/** Writes to a volume that is not attached. */
export const writeVolume = (driver: VolumeDriver, volume: Pick<Volume, "id">, patches: readonly Patch[]): Promise<void> =>
  withDevice(driver, volume, (device) => writePatches(device, patches));

/** Fails unless a device holds these bytes, and zeros elsewhere, up to a size. */
export async function expectContent(
  ctx: CheckContext,
  device: Device,
  sizeBytes: number,
  patches: readonly Patch[],
  what: string,
): Promise<void> {
  const at = await firstDifference(ctx, device, sizeBytes, patches);
  ctx.ok(at === undefined, `${what}: ${sizeBytes} bytes, those that were written and zeros elsewhere`, `another byte, or none, in the MiB at ${at}`);
}

/** The same for a volume that is not attached. */
export const expectVolume = (ctx: CheckContext, driver: VolumeDriver, volume: Volume, patches: readonly Patch[], what: string): Promise<void> =>
  withDevice(driver, volume, (device) => expectContent(ctx, device, sizeOf(volume), patches, what));

/** The bytes that a volume with these patches has in a range. */
export function bytesAt(patches: readonly Patch[], offsetBytes: number, length: number): Buffer {
  const expected = Buffer.alloc(length);
  for (const { offsetBytes: at, bytes } of patches) {
    const from = Math.max(at, offsetBytes);
    const to = Math.min(at + bytes.length, offsetBytes + length);
    if (from < to) bytes.copy(expected, from - offsetBytes, from - at, to - at);
  }
  return expected;
}

/** Where the MiB begins that differs first. Reads a MiB at a time, while the check has time. */
async function firstDifference({ signal }: CheckContext, device: Device, sizeBytes: number, patches: readonly Patch[]): Promise<number | undefined> {
  const handle = await open(device.path, constants.O_RDONLY);
  try {
    const chunk = Buffer.alloc(2 ** 20);
    for (let offset = 0; offset < sizeBytes; offset += chunk.length) {
      signal.throwIfAborted();
      const length = Math.min(chunk.length, sizeBytes - offset);
      const { bytesRead } = await handle.read(chunk, 0, length, offset);
      if (bytesRead !== length || !chunk.subarray(0, length).equals(bytesAt(patches, offset, length))) return offset;
    }
    return undefined;
  } finally {
    await handle.close();
  }
}
