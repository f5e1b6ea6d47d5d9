import type { Stats } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes, type BackendFacets, type CallContext, type Importable, type Volume, type VolumeId } from "@opensds/core";
import { requireSpace } from "./capacity.js";
import type { FileImports } from "./file-imports.js";
import { errnoOf, namesIn } from "./file-system.js";
import { findById, finishById, readAll } from "./find-record.js";
import { requireNoGroup } from "./group-members.js";
import { nameKey } from "./identity.js";
import { requireDetached } from "./in-use.js";
import { referenceManifest } from "./manifest.js";
import { pageOf } from "./pages.js";
import type { Parts } from "./parts.js";
import { newVolumeRecord, toVolume } from "./volume-record.js";

/** Files that somebody puts into `import/` can become volumes, and volumes files there. */
export function importFacet(parts: Parts, imports: FileImports): BackendFacets["imports"] {
  const { explained } = parts;
  return {
    listImportablePage: (request, ctx) =>
      explained(async () => {
        const names = new Map(((await namesIn(imports.offered)) ?? []).map((name) => [nameKey(name), name]));
        return pageOf([...names.keys()].sort(), request, ctx, async (keys) => {
          const found = await Promise.all(keys.map((key) => look(imports.offered, names.get(key) ?? "")));
          return found.filter((importable) => importable !== undefined);
        });
      }),
    importVolume: (request, ctx) => explained(() => importVolume(parts, imports, request, ctx)),
    unmanageVolume: (request, ctx) => explained(() => unmanageVolume(parts, request, ctx)),
  };
}

/** What a file is, and why it cannot become a volume as it is; undefined when there is none. */
async function look(directory: string, reference: string): Promise<(Importable & { readonly sizeBytes: number }) | undefined> {
  try {
    const stats = await lstat(join(directory, reference));
    const obstacle = obstacleOf(stats);
    return { reference, sizeBytes: stats.size, ...(obstacle !== undefined && { obstacle }) };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function obstacleOf(stats: Stats): string | undefined {
  const { granularityBytes, maxVolumeBytes } = referenceManifest(true).limits;
  if (!stats.isFile()) return "it is no regular file";
  if (stats.size === 0 || stats.size % granularityBytes !== 0) {
    return `its size, ${formatBytes(stats.size)}, is no multiple of ${formatBytes(granularityBytes)}`;
  }
  if (stats.size > maxVolumeBytes) return `it is larger than ${formatBytes(maxVolumeBytes)}`;
  if (stats.nlink > 1) return "it has other names (hard links), by which it could be changed behind the volume's back";
  return undefined;
}

async function importVolume(
  parts: Parts,
  imports: FileImports,
  { reference, name }: { readonly reference: string; readonly name: string },
  ctx: CallContext<"importVolume">,
): Promise<Volume> {
  const { volumes } = parts.stores;
  const key = nameKey(name);
  for (;;) {
    ctx.signal.throwIfAborted();
    const existing = await volumes.read(key, ctx);
    if (existing?.record.importedFrom === reference) return toVolume(existing.record);
    if (existing !== undefined) {
      const message = `volume ${JSON.stringify(name)} is there already, and is not what ${JSON.stringify(reference)} became; use another name`;
      throw ctx.fail("ALREADY_EXISTS", "volume-exists", message, { resource: name, outcome: "none", details: { volumeId: existing.record.id } });
    }
    const sizeBytes = await requireImportable(parts, imports, reference, ctx);
    await requireSpace(parts, name, sizeBytes, ctx);
    const record = { ...newVolumeRecord(key, name, sizeBytes), importedFrom: reference };
    if ((await imports.take(key, record, ctx)) === "imported") return toVolume(record);
  }
}

/** The size of a file that can be taken over. */
async function requireImportable(
  { stores }: Parts,
  imports: FileImports,
  reference: string,
  ctx: CallContext<"importVolume">,
): Promise<number> {
  const isName = !/[/\\\0]/.test(reference) && reference !== "." && reference !== "..";
  const find = async (): Promise<Awaited<ReturnType<typeof look>>> => (isName ? look(imports.offered, reference) : undefined);
  let found = await find();
  if (found === undefined) {
    // A killed process may have taken it, and not made a volume of it.
    await imports.sweep(ctx, true);
    found = await find();
  }
  if (found === undefined) {
    const volumes = await readAll(stores.volumes, await stores.volumes.keys(), ctx);
    const taken = volumes.find(({ record }) => record.importedFrom === reference)?.record;
    if (taken !== undefined) {
      const message = `${JSON.stringify(reference)} is the volume ${JSON.stringify(taken.name)} already`;
      throw ctx.fail("ALREADY_EXISTS", "volume-exists", message, { resource: reference, outcome: "none", details: { volumeId: taken.id } });
    }
    const message = `there is no file ${JSON.stringify(reference)} in ${imports.offered}; list what can be imported`;
    throw ctx.fail("NOT_FOUND", "reference-not-found", message, { resource: reference, outcome: "none" });
  }
  if (found.obstacle !== undefined) {
    const message = `${JSON.stringify(reference)} cannot become a volume: ${found.obstacle}`;
    throw ctx.fail("FAILED_PRECONDITION", "not-importable", message, { resource: reference, outcome: "none", details: { obstacle: found.obstacle } });
  }
  const device = await deviceOver(join(imports.offered, reference));
  if (device !== undefined) {
    const message = `${JSON.stringify(reference)} is in use: ${device} is on it; detach that first`;
    throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: reference, outcome: "none", details: { device } });
  }
  return found.sizeBytes;
}

/** The loop device of this host that is on a file. Who else has it open is not to be seen without looking at every process. */
async function deviceOver(path: string): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  for (const name of await readdir("/sys/block").catch(() => [])) {
    if (!name.startsWith("loop")) continue;
    const file = await readFile(`/sys/block/${name}/loop/backing_file`, "utf8").catch(() => undefined);
    if (file?.trimEnd() === path) return `/dev/${name}`;
  }
  return undefined;
}

async function unmanageVolume({ stores }: Parts, { id }: { readonly id: VolumeId }, ctx: CallContext<"unmanageVolume">): Promise<void> {
  for (;;) {
    ctx.signal.throwIfAborted();
    const current = await findById(stores.volumes, id, ctx);
    if (current === undefined) break;
    requireDetached(current.record, ctx);
    await requireNoGroup(stores, current.record, ctx);
    if (await stores.volumes.remove(current, ctx, "released")) break;
  }
  await finishById(stores.volumes, id, ctx);
}
