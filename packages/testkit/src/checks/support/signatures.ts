import type { Device } from "@opensds/core";
import { MiB } from "@opensds/core";
import { createHash } from "node:crypto";
import { readDevice, writeDevice } from "./device-bytes.js";

/** What somebody else may have put at the beginning of a device; written by hand, so that no tool is needed. */
export const signatures: Readonly<Record<string, () => Buffer>> = {
  "a partition table": () => {
    const sector = Buffer.alloc(512);
    // One Linux partition of 32 MiB from the first MiB on.
    sector[450] = 0x83;
    sector.writeUInt32LE(2048, 454);
    sector.writeUInt32LE(65536, 458);
    sector.writeUInt16BE(0x55aa, 510);
    return sector;
  },
  "a volume manager's label": () => {
    const label = Buffer.alloc(1024);
    label.write("LABELONE", 512);
    label.writeUInt32LE(1, 520);
    label.write("LVM2 001", 536);
    return label;
  },
  "swap space": () => {
    const page = Buffer.alloc(4096);
    page.writeUInt32LE(1, 1024);
    page.writeUInt32LE(1024, 1028);
    page.write("SWAPSPACE2", 4086);
    return page;
  },
  "a file system of a kind that is not made here": () => {
    const block = Buffer.alloc(0x10048);
    // btrfs: its magic in the first superblock is what every tool looks for.
    block.write("_BHRfS_M", 0x10040);
    return block;
  },
};

/** SHA-256 of what stands at the beginning and the end of a device, where every mkfs writes. */
export async function digestOfEnds(device: Device, sizeBytes: number): Promise<string> {
  const hash = createHash("sha256");
  for (const offset of [0, sizeBytes - 2 * MiB]) hash.update(await readDevice(device, offset, 2 * MiB));
  return hash.digest("hex");
}

/** Overwrites the beginning of a device, as somebody does who takes it for unused. */
export async function wipeStart(device: Device): Promise<void> {
  await writeDevice(device, 0, Buffer.alloc(2 * MiB));
}
