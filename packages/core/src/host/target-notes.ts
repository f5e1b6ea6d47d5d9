import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { volumeId, type VolumeId } from "../model/ids.js";
import { listDirectory } from "./block-device.js";

/**
 * What this host has logged in to for one volume. A network target serves several volumes through one login, and an administrator may
 * have logged in too; the kernel does not say whose a login is. The note is written before the first login and removed after the last
 * logout, so what a killed attach or detach left is found by it. It lies where a reboot, which ends all logins, takes it too.
 */
export interface TargetNote {
  readonly volumeId: VolumeId;
  /** The unit of the target, under each name by which the connection reaches it. */
  readonly units: readonly string[];
  /** The logins that were made for it: not those that were there already. */
  readonly logins: readonly string[];
  /** The source of its finished device; null while it is being made. */
  readonly source: string | null;
}

/** The notes of one protocol. Those of one target change under that target's host lock only. */
export interface TargetNotes {
  list(): Promise<readonly TargetNote[]>;
  write(note: TargetNote): Promise<void>;
  remove(volumeId: VolumeId): Promise<void>;
}

const texts = v.array(v.string());
const noteSchema = v.object({ volumeId: v.string(), units: texts, logins: texts, source: v.nullable(v.string()) });

export function targetNotes(runtimeDir: string, protocol: string): TargetNotes {
  const directory = join(runtimeDir, protocol);
  const fileOf = (volumeId: string): string => join(directory, `${createHash("sha256").update(volumeId).digest("hex").slice(0, 32)}.json`);
  return {
    list: async () => {
      const names = (await listDirectory(directory)).filter((name) => name.endsWith(".json"));
      const notes = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8").catch(() => "null")));
      return notes.map(parseNote).filter((note) => note !== undefined);
    },
    write: async (note) => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const file = fileOf(note.volumeId);
      await writeFile(`${file}.new`, JSON.stringify(note), { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
    remove: (volumeId) => rm(fileOf(volumeId), { force: true }),
  };
}

/** A file that a killed process left half-written cannot be there: it is renamed into place whole. Another version's is skipped. */
function parseNote(text: string): TargetNote | undefined {
  const result = v.safeParse(noteSchema, JSON.parse(text));
  return result.success ? { ...result.output, volumeId: volumeId(result.output.volumeId) } : undefined;
}
