import { open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** The system's code of an error, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The names in a directory; undefined when it is not there. */
export async function namesIn(directory: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Writes a new file and waits until it is on the disk. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a new file of that many zero bytes that takes no space until it is written to. */
export async function writeSparseFile(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.truncate(sizeBytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until a directory's entries are on the disk. Windows has no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const windowsBusy: ReadonlySet<string | undefined> = new Set(["EPERM", "EACCES", "EBUSY"]);

/**
 * Renames, atomically. Of several that rename the same source one gets `moved`. A directory takes the place of a missing
 * or empty one only; else `target-taken`.
 */
export async function move(from: string, to: string): Promise<"moved" | "source-gone" | "target-taken"> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(from, to);
      return "moved";
    } catch (error) {
      const code = errnoOf(error);
      if (code === "ENOENT") return "source-gone";
      if (code === "ENOTEMPTY" || code === "EEXIST") return "target-taken";
      // Windows answers with these both when the target is there and when a virus scanner looks at the source.
      if (process.platform !== "win32" || !windowsBusy.has(code) || attempt > 10) throw error;
      if (await exists(to)) return "target-taken";
      await sleep(10);
    }
  }
}

/** Removes a directory if it is empty and there. */
export async function removeIfEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== "ENOENT" && code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

/** Removes a file or a directory with all that is in it; several processes may do so at once. */
export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}
