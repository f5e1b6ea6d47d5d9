import { randomUUID } from "node:crypto";
import type { BackendFacets, BackendPageRequest, Page, TrashedVolume, Volume, VolumeId } from "@opensds/core";
import type { Bind } from "../bind.js";
import { mapBounded, together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, cellTag, decodeName, decodeRequest, encodeName, voidRequest, type RequestCell } from "../records/cells.js";
import { endImage, parentOf } from "./end-image.js";
import { describe, requestOf } from "./get-volume.js";
import { volumeBytes } from "../records/encryption.js";
import { imageNameOf, isOurImageName } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import { findVolume } from "./require-volume.js";
import { errno, failedWith, unless } from "../transport/command-failure.js";
import type { TrashedImage } from "../transport/decode-trash.js";
import { imageIdIn, volumeIdOf } from "../records/volume-id.js";

const atOnce = 4;
const version = "ceph1t";

/** Deleted volumes in RBD's trash, for as long as the backend is configured to keep them. */
export function trashFacet(bind: Bind): BackendFacets["trash"] {
  return { listTrashPage: bind(listTrashPage), undeleteVolume: bind(undeleteVolume), purgeVolume: bind(purgeVolume) };
}

/** One page of the deleted volumes, in the order of their images' ids. */
async function listTrashPage(pool: Pool, request: BackendPageRequest, call: Call<"listTrash">): Promise<Page<TrashedVolume>> {
  const after = request.token === undefined ? "" : imageIdAfter(request.token);
  if (after === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  const ours = (await pool.trash.list(call)).filter(({ id, name }) => isOurImageName(name) && id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
  const some = ours.slice(0, request.pageSize);
  const found = await mapBounded(some, atOnce, (image) => describeTrashed(pool, call, image));
  const last = some.at(-1);
  const items = found.filter((one) => one !== undefined);
  return last === undefined || some.length === ours.length ? { items } : { items, nextToken: `${version}.${last.id}` };
}

const imageIdAfter = (token: string): string | undefined => /^ceph1t\.([A-Za-z0-9]{1,32})$/.exec(token)?.[1];

/** Undefined for what was no volume, such as a create that was given up. */
async function describeTrashed(pool: Pool, call: Call, image: TrashedImage): Promise<TrashedVolume | undefined> {
  const [request, info] = await together(trashedRequest(pool, call, image.id), unless([errno.ENOENT], pool.rbd.infoById(call, image.id)));
  if (request === undefined || info === undefined) return undefined;
  return {
    id: volumeIdOf(pool.place, image.id),
    name: request.name,
    sizeBytes: Number.isSafeInteger(info.sizeBytes) ? volumeBytes(info.sizeBytes, request) : null,
    deletedAt: image.deletedAt.toISOString(),
    ...(image.keptUntil !== undefined && { purgeAfter: image.keptUntil.toISOString() }),
  };
}

/** What the creator asked for, under the name that the volume had last. */
async function trashedRequest(pool: Pool, call: Call, imageId: string): Promise<RequestCell | undefined> {
  const [request, renamed] = await together(requestOf(pool, call, imageId), pool.rados.readLock(call, imageId, cells.name));
  const locker = renamed?.lockers[0];
  return request && (locker === undefined ? request : { ...request, name: decodeName(locker) });
}

/**
 * Brings a volume back. All that made it a deleted one goes while it is in the trash, where nobody else has to do with it; then one
 * command of RBD's gives it its name and its place back. Cut off before that, it is in the trash still, and nobody purges it.
 */
async function undeleteVolume(
  pool: Pool,
  { id, name }: { readonly id: VolumeId; readonly name?: string | undefined },
  call: Call<"undeleteVolume">,
): Promise<Volume> {
  const { ctx } = call;
  const imageId = imageIdIn(pool.place, id);
  if (imageId === undefined) throw notInTrash(call, id);
  const [trashed, request, listed] = await together(pool.trash.list(call), trashedRequest(pool, call, imageId), findVolume(pool, call, id));
  if (listed !== undefined) {
    // The same call has brought it back before, or it never was deleted.
    if (!listed.view.cells.has(cells.closing) && (name === undefined || name === listed.request.name)) return describe(pool, listed.view, listed.request);
    throw notInTrash(call, id);
  }
  if (request === undefined || trashed.every((image) => image.id !== imageId)) throw notInTrash(call, id);
  const wanted = name ?? request.name;
  const imageName = imageNameOf(wanted);
  const occupant = await pool.rados.directoryIdOf(call, imageName);
  if (occupant !== undefined) throw nameTaken(call, id, wanted);

  const wasDoomed = await pool.rados.isDoomed(call, imageId);
  await ctx.step("clear-mark");
  await pool.trash.clearDoomed(call, imageId);
  if (wanted !== request.name) await rename(pool, call, imageId, wanted);
  const closing = await pool.rados.readLock(call, imageId, cells.closing);
  await mapBounded(closing?.lockers ?? [], atOnce, (locker) => pool.rados.breakLock(call, imageId, cells.closing, locker));
  await ctx.step("restore");
  try {
    await pool.trash.restore(call, imageId, imageName);
  } catch (thrown) {
    if (failedWith(thrown, errno.EEXIST, errno.EBUSY)) {
      if (wasDoomed) await pool.rados.markDoomed(call, imageId);
      throw failedWith(thrown, errno.EEXIST) ? nameTaken(call, id, wanted) : beingPurged(call, id);
    }
    // Somebody else has brought it back, or purged it.
    if (!failedWith(thrown, errno.ENOENT)) throw thrown;
  }
  const back = await findVolume(pool, call, id);
  if (back === undefined) throw notInTrash(call, id);
  return describe(pool, back.view, back.request);
}

async function rename(pool: Pool, call: Call, imageId: string, name: string): Promise<void> {
  await call.ctx.step("record-name");
  const before = await pool.rados.readLock(call, imageId, cells.name);
  await mapBounded(before?.lockers ?? [], atOnce, (locker) => pool.rados.breakLock(call, imageId, cells.name, locker));
  const cell = { exclusive: true, tag: cellTag, cookie: randomUUID(), description: encodeName(name) };
  await pool.rados.takeLock(call, imageId, cells.name, cell);
}

/**
 * Purges one deleted volume now, however long it was to be kept. What is not in the trash is left alone. One that others were cloned from
 * is given up first: it is no deleted volume any more, only an image that goes with the last of those.
 */
async function purgeVolume(pool: Pool, { id }: { readonly id: VolumeId }, call: Call<"purgeVolume">): Promise<void> {
  const imageId = imageIdIn(pool.place, id);
  if (imageId === undefined) return;
  const { ctx } = call;
  const [trashed, request, parent] = await together(
    pool.trash.list(call),
    pool.rados.readLock(call, imageId, cells.request),
    parentOf(pool, call, imageId),
  );
  if (trashed.every((image) => image.id !== imageId)) {
    if ((await pool.rados.directoryNameOf(call, imageId)) === undefined) await pool.rados.dropJunkHeader(call, imageId);
    return;
  }
  const recorded = request?.lockers[0];
  // Neither a volume nor, cut off half-way, one that was given up: another tool's.
  if (recorded === undefined && !(await pool.rados.isDoomed(call, imageId))) return;
  await ctx.step("mark-doomed");
  await pool.rados.markDoomed(call, imageId);
  if (recorded === undefined || decodeRequest(recorded) !== undefined) {
    await ctx.step("give-up");
    if (recorded !== undefined) await pool.rados.breakLock(call, imageId, cells.request, recorded);
    await giveUp(pool, call, imageId);
  }
  await endImage(pool, call, imageId, parent, true);
}

/** Without a request it is no volume, also where the process is killed before this. */
async function giveUp(pool: Pool, call: Call, imageId: string): Promise<void> {
  const given = { exclusive: true, tag: cellTag, cookie: randomUUID(), description: voidRequest };
  await pool.rados.takeLock(call, imageId, cells.request, given);
}

function notInTrash({ ctx }: Call<"undeleteVolume">, id: VolumeId): Error {
  const message = `there is no deleted volume ${id}; it was purged or never deleted: list the trash to see what there is`;
  return ctx.fail("NOT_FOUND", "volume-not-found", message, { resource: id, outcome: "none" });
}

function nameTaken({ ctx }: Call<"undeleteVolume">, id: VolumeId, name: string): Error {
  const message = `there is a volume ${JSON.stringify(name)} by now; give another name`;
  return ctx.fail("ALREADY_EXISTS", "volume-exists", message, { resource: id, outcome: "none", details: { name } });
}

function beingPurged({ ctx }: Call<"undeleteVolume">, id: VolumeId): Error {
  return ctx.fail("ABORTED", "volume-deleting", `volume ${id} is being purged`, { resource: id, outcome: "none" });
}
