import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, realpath, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, normalize } from "node:path";
import type { CallContext } from "../driver/call-context.js";
import type { VolumeId } from "../model/ids.js";

/** Resolves the links in a directory's parents, never in its own last part. */
export async function resolveDirectory(path: string, ctx: CallContext): Promise<string> {
  const plain = normalize(path).replace(/(.)\/$/, "$1");
  if (plain === "/") return plain;
  try {
    return join(await realpath(dirname(plain)), basename(plain));
  } catch {
    throw notFound(ctx, plain, `${dirname(plain)} does not exist`);
  }
}

/** What stands at a mount directory's path, when it can be mounted over: an empty directory, or nothing. */
export async function checkDirectory(path: string, ctx: CallContext): Promise<"empty" | "missing"> {
  const refuse = (reason: string, what: string): Error =>
    ctx.fail("FAILED_PRECONDITION", reason, `${path} ${what}; give an empty directory`, { outcome: "none", resource: path });
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return "missing";
  if (found.isSymbolicLink()) throw refuse("directory-is-symlink", "is a symbolic link");
  if (!found.isDirectory()) throw refuse("directory-is-file", "is not a directory");
  const content = await readdir(path);
  if (content.length > 0) throw refuse("directory-not-empty", `is not empty (${content.length} entries)`);
  return "empty";
}

/** The error for a directory that is not there. */
export const notFound = (ctx: CallContext, path: string, why: string): Error =>
  ctx.fail("FAILED_PRECONDITION", "directory-not-found", `${why}; make ${path}, or ask for createDirectory`, { outcome: "none", resource: path });

/**
 * Which directories were made by mounting, so that unmounting removes them: told by a note that is written before the
 * directory is made. A mount that was killed in between is finished by its replay, and `listMounts` knows it again.
 */
export interface CreatedDirectories {
  create(directory: string, volumeId: VolumeId): Promise<void>;
  wasCreated(directory: string, volumeId: VolumeId): Promise<boolean>;
  /** Removes the directory if it is empty, and the note. */
  remove(directory: string): Promise<void>;
}

export function createdDirectories(runtimeDir: string): CreatedDirectories {
  const notes = join(runtimeDir, "directories");
  const noteOf = (directory: string): string => join(notes, createHash("sha256").update(directory).digest("hex").slice(0, 32));
  const ignore = (): void => undefined;
  return {
    create: async (directory, volumeId) => {
      await mkdir(notes, { recursive: true, mode: 0o700 });
      await writeFile(noteOf(directory), volumeId, { mode: 0o600 });
      await mkdir(directory);
    },
    wasCreated: async (directory, volumeId) => (await readFile(noteOf(directory), "utf8").catch(ignore)) === volumeId,
    remove: async (directory) => {
      await rmdir(directory).catch(ignore);
      await rm(noteOf(directory), { force: true });
    },
  };
}
