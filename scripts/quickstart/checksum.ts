import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";

/** SHA-256 of a file or a block device, in hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    if (chunk instanceof Buffer) hash.update(chunk);
  }
  return hash.digest("hex");
}

/** Writes random bytes and puts them on the device (fsync); returns their SHA-256. */
export async function writeRandomFile(path: string, megabytes: number): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  try {
    for (let written = 0; written < megabytes; written += 1) {
      const block = randomBytes(1024 * 1024);
      hash.update(block);
      await file.write(block);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/** The beginning of a checksum, for tables. */
export const short = (sha256: string): string => `${sha256.slice(0, 12)}...`;
