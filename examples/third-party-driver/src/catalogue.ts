import { randomUUID } from "node:crypto";
import { link, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Attachment, FormatRecord, VolumeId } from "@opensds/core";

/** What is kept about a volume. `making` and `removing` are what a killed process leaves, and the next call finishes. */
export interface VolumeRecord {
  readonly id: VolumeId;
  readonly name: string;
  readonly sizeBytes: number;
  readonly createdAt: string;
  readonly phase: "making" | "ready" | "removing";
  readonly attachments: readonly Attachment[];
  readonly format: FormatRecord | null;
}

export type Records = readonly VolumeRecord[];

/** The list of all volumes, which any number of processes change by compare-and-swap. */
export interface Catalogue {
  read(): Promise<Records>;
  /**
   * Writes what `next` makes of the records, unless another process wrote meanwhile: then `next` is asked again. It returns its argument
   * to change nothing, and throws to give up. `beforeWrite` is awaited before each attempt to write.
   */
  change(next: (records: Records) => Records, beforeWrite: () => Promise<void>): Promise<Records>;
}

/** Nobody but `publish` writes these files. */
const isRecords = (value: unknown): value is Records => Array.isArray(value);

/** Old versions are kept for longer than anybody takes between reading and writing, so that no number is ever made twice. */
const keptMs = 10 * 60_000;

/**
 * Opens the catalogue in a directory. Version n is the file `catalogue.<n>` and never changes. To change something is to make version
 * n + 1, which only one process can: `link` fails where the file exists. An array with conditional writes (ETags, generations) is used
 * in the same way.
 */
export function openCatalogue(dir: string): Catalogue {
  const fileOf = (version: number): string => join(dir, `catalogue.${version}`);
  const versions = async (): Promise<number[]> => (await readdir(dir)).flatMap((name) => (/^catalogue\.\d+$/.test(name) ? Number(name.slice(10)) : []));

  const readNewest = async (): Promise<{ version: number; records: Records }> => {
    const version = Math.max(0, ...(await versions()));
    const records: unknown = version === 0 ? [] : JSON.parse(await readFile(fileOf(version), "utf8"));
    if (!isRecords(records)) throw new Error(`${fileOf(version)} is no catalogue`);
    return { version, records };
  };

  const publish = async (version: number, records: Records): Promise<boolean> => {
    const draft = join(dir, `draft.${randomUUID()}`);
    try {
      const file = await open(draft, "wx");
      await file.writeFile(JSON.stringify(records));
      await file.sync();
      await file.close();
      await link(draft, fileOf(version));
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  };

  /** Removes versions and killed processes' drafts that nobody can need any more. */
  const sweep = async (): Promise<void> => {
    const { version } = await readNewest();
    for (const name of await readdir(dir)) {
      if (!/^(catalogue|draft)\./.test(name) || name === `catalogue.${version}`) continue;
      const { mtimeMs } = await stat(join(dir, name)).catch(() => ({ mtimeMs: Infinity }));
      if (Date.now() - mtimeMs > keptMs) await rm(join(dir, name), { force: true });
    }
  };

  return {
    read: async () => (await readNewest()).records,
    change: async (next, beforeWrite) => {
      for (;;) {
        const { version, records } = await readNewest();
        const changed = next(records);
        if (changed === records) return records;
        await beforeWrite();
        if (!(await publish(version + 1, changed))) continue;
        if (version % 100 === 0) await sweep();
        return changed;
      }
    },
  };
}
