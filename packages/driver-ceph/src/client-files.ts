import { randomUUID } from "node:crypto";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CephConfig } from "./config.js";

/** The files through which Ceph's programs and libraries learn what stands in the backends file itself. */
export interface ClientFiles {
  /** The configuration with paths of such files for `conf` and `keyring`. */
  readonly config: CephConfig;
  readonly close: () => Promise<void>;
}

/**
 * Writes a `ceph.conf` for monitors that are named inline and a keyring for a key that is. Neither may stand in arguments or in a child's
 * environment; so they are in files without a name, which this process holds open: nobody finds them in a directory, and nothing is left of
 * them however this process ends.
 */
export async function openClientFiles(config: CephConfig): Promise<ClientFiles> {
  const held: FileHandle[] = [];
  const close = async (): Promise<void> => {
    for (const file of held.splice(0)) await file.close();
  };
  const write = async (text: string): Promise<string> => {
    const path = join(tmpdir(), `opensds-${process.pid}-${randomUUID()}`);
    const file = await open(path, "wx+", 0o600);
    held.push(file);
    await unlink(path);
    await file.writeFile(text);
    return `/proc/${process.pid}/fd/${file.fd}`;
  };
  const { monitors, key, user } = config;
  try {
    return {
      config: {
        ...config,
        ...(monitors !== undefined && { conf: await write(`[global]\nmon host = ${monitors.join(",")}\n`) }),
        // Ceph reads no last line without an end.
        ...(key !== undefined && { keyring: await write(`[client.${user}]\n\tkey = ${key.reveal()}\n`) }),
      },
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
