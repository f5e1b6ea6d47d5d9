import { randomUUID } from "node:crypto";
import type { BackendFacets, SouthboundError, Volume } from "@opensds/core";
import type { Bind } from "../bind.js";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, cellTag, decodeImporting, encodeImporting, encodeRequest } from "../records/cells.js";
import { isNascentName } from "./nascent-image.js";
import { describe, requestIn, volumeCells } from "./get-volume.js";
import { volumeBytes } from "../records/encryption.js";
import { imageNameOf, isOurImageName, ourPrefixes } from "../records/image-name.js";
import { foreignCells, listImportablePage, obstacleOf } from "./importable.js";
import type { Pool } from "../pool.js";
import { errno, failedWith, unless } from "../transport/command-failure.js";
import type { ImageGlance, ImagePage, ImageView } from "../transport/images.js";
import { unmanageVolume } from "./unmanage-volume.js";
import { endOf, hasPassed } from "../until.js";
import { volumeIdOf } from "../records/volume-id.js";

type ImportCall = Call<"importVolume">;

interface ImportRequest {
  readonly reference: string;
  readonly name: string;
}

/** Images of other tools: a volume is what has our name and a request cell, so that is what they get, and lose. */
export function importFacet(bind: Bind): BackendFacets["imports"] {
  return { listImportablePage: bind(listImportablePage), importVolume: bind(importVolume), unmanageVolume: bind(unmanageVolume) };
}

/** Takes an image over: marks it as ours to be, renames it, records it, and takes the mark away. Each step leaves its bytes alone. */
async function importVolume(pool: Pool, request: ImportRequest, call: ImportCall): Promise<Volume> {
  for (;;) {
    call.ctx.signal.throwIfAborted();
    const imported = await importOnce(pool, request, call);
    if (imported !== undefined) return imported;
  }
}

async function importOnce(pool: Pool, request: ImportRequest, call: ImportCall): Promise<Volume | undefined> {
  const { ctx } = call;
  const target = imageNameOf(request.name);
  const [there, found] = await together(
    pool.images.byName(call, target, volumeCells),
    isOurImageName(request.reference) || isNascentName(request.reference) ? Promise.resolve(undefined) : pool.images.byName(call, request.reference, foreignCells),
  );
  if (there !== undefined) {
    const recorded = requestIn(there);
    if (recorded?.importedFrom === request.reference) {
      await dropMark(pool, call, there);
      return describe(pool, there, recorded);
    }
    // Renamed, and not recorded yet: by the same call, which was cut off or is at it.
    if (recorded === undefined && markOf(there)?.reference === request.reference) return record(pool, request, call, there);
    throw nameTaken(call, request, there);
  }
  if (found === undefined) throw await whereIsIt(pool, request, call);
  if (requestIn(found) !== undefined) throw notImportable(call, request, "it is a volume already, whose image somebody has renamed");
  const obstacle = await obstacleOf(pool, call, found);
  if (obstacle !== undefined) throw notImportable(call, request, obstacle);
  const { id: imageId } = found.info;
  if (markOf(found) === undefined) await requireUnused(pool, request, imageId, call);
  if (!(await mark(pool, request, call, found))) return undefined;
  await ctx.step("rename");
  try {
    await pool.making.rename(call, request.reference, target);
  } catch (thrown) {
    if (!failedWith(thrown, errno.EEXIST, errno.ENOENT)) throw thrown;
    const now = await pool.images.byName(call, target, volumeCells);
    if (failedWith(thrown, errno.EEXIST) && now?.info.id !== imageId) await dropMark(pool, call, await pool.images.byId(call, imageId, foreignCells));
    return undefined;
  }
  const renamed = await pool.images.byName(call, target, volumeCells);
  return renamed?.info.id === imageId ? record(pool, request, call, renamed) : undefined;
}

/** What is being done to an image to import it. */
function markOf({ cells: held }: ImageView): ReturnType<typeof decodeImporting> | undefined {
  const locker = held.get(cells.importing)?.lockers[0];
  return locker && decodeImporting(locker);
}

/** Marks an image as one that this import takes over; false when that has to be tried again. */
async function mark(pool: Pool, request: ImportRequest, call: ImportCall, found: ImageView): Promise<boolean> {
  const before = markOf(found);
  if (before?.name === request.name && before.reference === request.reference) return true;
  if (before !== undefined) {
    if (!hasPassed(before.until)) {
      const message = `${JSON.stringify(request.reference)} is being imported as ${JSON.stringify(before.name)}; retry when that has ended`;
      throw call.ctx.fail("ABORTED", "operation-pending", message, { resource: request.reference, outcome: "none" });
    }
    await dropMark(pool, call, found);
  }
  await call.ctx.step("mark");
  const description = encodeImporting({ name: request.name, reference: request.reference, until: endOf(call).toISOString() });
  return pool.rados.takeLock(call, found.info.id, cells.importing, { exclusive: true, tag: cellTag, cookie: randomUUID(), description });
}

async function dropMark(pool: Pool, call: Call, view: ImageView | undefined): Promise<void> {
  for (const locker of view?.cells.get(cells.importing)?.lockers ?? []) await pool.rados.breakLock(call, view?.info.id ?? "", cells.importing, locker);
}

/** Makes the renamed image a volume. */
export async function record(pool: Pool, request: ImportRequest, call: Call, renamed: ImageView): Promise<Volume | undefined> {
  const { id: imageId } = renamed.info;
  // What was ours before, or was cloned from what is, says how it is encrypted.
  const encryption = await pool.encryption.recorded(call, imageId);
  const sizeBytes = volumeBytes(renamed.info.sizeBytes, { encryption });
  const cell = {
    name: request.name,
    capacity: { requiredBytes: sizeBytes, limitBytes: null },
    parameters: {},
    sizeBytes,
    createdAt: new Date().toISOString(),
    importedFrom: request.reference,
    ...(encryption !== undefined && { encryption }),
  };
  await call.ctx.step("record-request");
  const lock = { exclusive: true, tag: cellTag, cookie: randomUUID(), description: encodeRequest(cell) };
  await pool.rados.takeLock(call, imageId, cells.request, lock);
  await call.ctx.step("take-mark-away");
  await dropMark(pool, call, await pool.images.byId(call, imageId, [cells.request, cells.importing]));
  const now = await pool.images.byId(call, imageId, volumeCells);
  const recorded = now && requestIn(now);
  return now && recorded && describe(pool, now, recorded);
}

async function requireUnused(pool: Pool, { reference }: ImportRequest, imageId: string, call: ImportCall): Promise<void> {
  const watchers = (await unless([errno.ENOENT], pool.rbd.watchers(call, reference, imageId))) ?? [];
  if (watchers.length === 0) return;
  const message = `image ${JSON.stringify(reference)} is open at ${watchers.join(", ")}; close it there first (a client that died is forgotten after 30 s)`;
  throw call.ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: reference, outcome: "none", details: { watchers } });
}

function nameTaken({ ctx }: ImportCall, { name, reference }: ImportRequest, { info }: ImageView): SouthboundError {
  const message = `there is a volume or an image for ${JSON.stringify(name)} already, and it is not what ${JSON.stringify(reference)} became; use another name`;
  return ctx.fail("ALREADY_EXISTS", "volume-exists", message, { resource: name, outcome: "none", details: { image: info.name } });
}

function notImportable({ ctx }: ImportCall, { reference }: ImportRequest, obstacle: string): SouthboundError {
  const message = `${JSON.stringify(reference)} cannot become a volume: ${obstacle}`;
  return ctx.fail("FAILED_PRECONDITION", "not-importable", message, { resource: reference, outcome: "none", details: { obstacle } });
}

/** Nothing has that reference: perhaps because it was imported under another name. */
async function whereIsIt(pool: Pool, { reference }: ImportRequest, call: ImportCall): Promise<SouthboundError> {
  let next: string | undefined = "";
  while (next !== undefined) {
    const page: ImagePage<ImageGlance> = await pool.images.glance.page(call, { prefixes: ourPrefixes, after: next, limit: 1_000 }, [cells.request]);
    const taken = page.views.find((view) => requestIn(view)?.importedFrom === reference);
    if (taken !== undefined) {
      const message = `${JSON.stringify(reference)} is the volume ${JSON.stringify(requestIn(taken)?.name)} already`;
      const details = { volumeId: volumeIdOf(pool.place, taken.info.id) };
      return call.ctx.fail("ALREADY_EXISTS", "volume-exists", message, { resource: reference, outcome: "none", details });
    }
    next = page.next;
  }
  const message = `pool ${pool.config.pool} has no image ${JSON.stringify(reference)} of another tool's; list what can be imported`;
  return call.ctx.fail("NOT_FOUND", "reference-not-found", message, { resource: reference, outcome: "none" });
}
