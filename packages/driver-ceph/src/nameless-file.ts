import { randomUUID } from "node:crypto";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file that no directory has, and the path by which this user's programs read it for as long as it is held open. */
export interface NamelessFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/**
 * Writes what may stand neither in arguments nor in a child's environment into a file without a name, which this process holds open: nobody
 * finds it in a directory, and nothing is left of it however this process ends.
 */
export async function writeNamelessFile(content: string | Uint8Array): Promise<NamelessFile> {
  const name = join(tmpdir(), `opensds-${process.pid}-${randomUUID()}`);
  const handle = await open(name, "wx+", 0o600);
  try {
    await unlink(name);
    await handle.writeFile(content);
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
  return { path: `/proc/${process.pid}/fd/${handle.fd}`, handle };
}
