import type { FileHandle } from "node:fs/promises";
import type { CephConfig } from "./config.js";
import { writeNamelessFile } from "./nameless-file.js";

/** The files through which Ceph's programs and libraries learn what stands in the backends file itself. */
export interface ClientFiles {
  /** The configuration with paths of such files for `conf` and `keyring`. */
  readonly config: CephConfig;
  readonly close: () => Promise<void>;
}

/**
 * Writes a `ceph.conf` for monitors that are named inline and a keyring for a key that is, into files without a name.
 */
export async function openClientFiles(config: CephConfig): Promise<ClientFiles> {
  const held: FileHandle[] = [];
  const close = async (): Promise<void> => {
    for (const file of held.splice(0)) await file.close();
  };
  const write = async (text: string): Promise<string> => {
    const { path, handle } = await writeNamelessFile(text);
    held.push(handle);
    return path;
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
