import type { Device } from "@opensds/core";
import { randomBytes } from "node:crypto";
import { open, readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";

/** Bytes to know a volume by that no other run on this machine writes, not even one with the same seed. */
export const newMarker = (): Buffer => randomBytes(4096);

/**
 * The devices of the same kind (`loop`, `rbd` ...) that begin with these bytes: whether a volume is on this host under any
 * name, told without asking the driver. Only as many bytes as given are read, and nothing is written.
 */
export async function devicesBearing(like: Device, start: Buffer): Promise<readonly string[]> {
  const kind = basename(like.path).replace(/\d+$/, "");
  const names = (await readdir("/sys/block")).filter((name) => name.replace(/\d+$/, "") === kind);
  const bearing: string[] = [];
  for (const name of names) {
    const sectors = await readFile(`/sys/block/${name}/size`, "utf8").catch(() => "0");
    if (Number(sectors) > 0 && (await beginsWith(`/dev/${name}`, start))) bearing.push(`/dev/${name}`);
  }
  return bearing;
}

async function beginsWith(path: string, start: Buffer): Promise<boolean> {
  const handle = await open(path, "r").catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const bytes = Buffer.alloc(start.length);
    const read = await handle.read(bytes, 0, bytes.length, 0).catch(() => undefined);
    return read?.bytesRead === start.length && bytes.equals(start);
  } finally {
    await handle.close();
  }
}
