import type { AttachmentRecord, Device } from "@opensds/core";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { CheckContext } from "../../check-context.js";

/** The device of a record that has one; a record without is the driver's mistake. */
export function deviceOf(record: AttachmentRecord): Device {
  if (record.device !== null) return record.device;
  throw new Error(`attachVolume returned a record without a device for volume ${record.attachment.volumeId}`);
}

/** Writes to a device, past every cache of this host. */
export async function writeDevice(device: Device, offsetBytes: number, bytes: Buffer): Promise<void> {
  const handle = await open(device.path, constants.O_WRONLY);
  try {
    await handle.write(bytes, 0, bytes.length, offsetBytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Reads from a device. */
export async function readDevice(device: Device, offsetBytes: number, length: number): Promise<Buffer> {
  const handle = await open(device.path, constants.O_RDONLY);
  try {
    const bytes = Buffer.alloc(length);
    await handle.read(bytes, 0, length, offsetBytes);
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Where on a device a text stands first; undefined when it is nowhere. Reads the whole device, a MiB at a time, while the check has time. */
export async function findOnDevice({ signal }: CheckContext, device: Device, sizeBytes: number, text: Buffer): Promise<number | undefined> {
  const chunkBytes = 2 ** 20;
  const handle = await open(device.path, constants.O_RDONLY);
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (let offset = 0; offset < sizeBytes; offset += chunkBytes) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(chunk, 0, Math.min(chunkBytes, sizeBytes - offset), offset);
      const at = chunk.subarray(0, bytesRead).indexOf(text);
      if (at !== -1) return offset + at;
    }
    return undefined;
  } finally {
    await handle.close();
  }
}
