import { randomUUID } from "node:crypto";
import { link, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Attachment, CallContext, FormatRecord, VolumeId } from "@opensds/core";

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
   * Writes what `next` makes of the records, unless that changes nothing. Where another process wrote meanwhile, `next` is asked again;
   * it throws to give up. `step` names the write as a point at which the suite kills the process.
   */
  change(ctx: CallContext, step: string, next: (records: Records) => Records): Promise<Records>;
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
  const versionOf = (name: string): number => Number(/^catalogue\.(\d+)$/.exec(name)?.[1] ?? 0);

  const readNewest = async (): Promise<{ version: number; text: string; records: Records }> => {
    const version = Math.max(0, ...(await readdir(dir)).map(versionOf));
    const text = version === 0 ? "[]" : await readFile(fileOf(version), "utf8");
    const records: unknown = JSON.parse(text);
    if (!isRecords(records)) throw new Error(`${fileOf(version)} is no catalogue`);
    return { version, text, records };
  };

  const publish = async (version: number, text: string): Promise<boolean> => {
    const draft = join(dir, `draft.${randomUUID()}`);
    try {
      await writeFile(draft, text, { flush: true });
      await link(draft, fileOf(version));
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  };

  /** Removes versions before this one, and killed processes' drafts, that nobody can need any more. */
  const sweep = async (version: number): Promise<void> => {
    for (const name of await readdir(dir)) {
      const isSpent = versionOf(name) === 0 ? name.startsWith("draft.") : versionOf(name) < version;
      const { mtimeMs } = await stat(join(dir, name)).catch(() => ({ mtimeMs: Infinity }));
      if (isSpent && Date.now() - mtimeMs > keptMs) await rm(join(dir, name), { force: true });
    }
  };

  return {
    read: async () => (await readNewest()).records,
    change: async (ctx, step, next) => {
      for (;;) {
        const { version, text, records } = await readNewest();
        const changed = next(records);
        const written = JSON.stringify(changed);
        if (written === text) return records;
        await ctx.step(step);
        // The last look whether anybody still waits.
        ctx.signal.throwIfAborted();
        if (!(await publish(version + 1, written))) continue;
        if (version % 100 === 0) await sweep(version);
        return changed;
      }
    },
  };
}
