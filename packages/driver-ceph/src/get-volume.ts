import type { GetVolumeRequest, Volume } from "@opensds/core";
import { together } from "./bounded.js";
import type { Call } from "./call.js";
import { cells, decodeAttachment, decodeClosing, decodeRequest, type RequestCell } from "./cells.js";
import { imageNameOf } from "./image-name.js";
import type { Pool } from "./pool.js";
import { errno, unless } from "./transport/command-failure.js";
import type { ImageInfo } from "./transport/rbd.js";
import { imageIdIn, volumeIdOf } from "./volume-id.js";

/** Reads one volume, by id or by its creator's name. */
export async function getVolume(pool: Pool, request: GetVolumeRequest, call: Call<"getVolume">): Promise<Volume> {
  const { ctx } = call;
  const volume =
    request.id === undefined
      ? await volumeNamed(pool, call, imageNameOf(request.name), request.name)
      : await volumeOfImage(pool, call, imageIdIn(pool.place, request.id));
  if (volume !== undefined) return volume;
  const resource = request.id ?? request.name;
  const which = request.id === undefined ? `named ${JSON.stringify(request.name)}` : `with the id ${request.id}`;
  throw ctx.fail("NOT_FOUND", "volume-not-found", `pool ${pool.config.pool} has no volume ${which}`, { resource, outcome: "none" });
}

/**
 * The volume behind an image's name, or undefined when that is no volume.
 * @param volumeName the name that its request must bear; default: any
 */
export async function volumeNamed(
  pool: Pool,
  call: Call,
  imageName: string,
  volumeName?: string,
): Promise<Volume | undefined> {
  const info = await unless([errno.ENOENT], pool.rbd.infoByName(call, imageName));
  if (info === undefined) return undefined;
  const [request, names] = await together(requestOf(pool, call, info.id), pool.rados.lockNames(call, info.id));
  if (request === undefined || (volumeName !== undefined && request.name !== volumeName)) return undefined;
  return describe(pool, call, info, request, names);
}

async function volumeOfImage(pool: Pool, call: Call, imageId: string | undefined): Promise<Volume | undefined> {
  if (imageId === undefined) return undefined;
  const [listedAs, info, request, names] = await together(
    // An image in the trash can still be opened by its id: only RBD's directory tells that it is not there any more.
    pool.rados.directoryNameOf(call, imageId),
    unless([errno.ENOENT], pool.rbd.infoById(call, imageId)),
    requestOf(pool, call, imageId),
    pool.rados.lockNames(call, imageId),
  );
  if (listedAs === undefined || info === undefined || request === undefined) return undefined;
  return describe(pool, call, info, request, names);
}

/** What the creator of the volume asked for, or undefined when the image is no volume. */
export async function requestOf(pool: Pool, call: Call, imageId: string): Promise<RequestCell | undefined> {
  const locker = (await pool.rados.readLock(call, imageId, cells.request))?.lockers[0];
  return locker && decodeRequest(locker);
}

/** The volume as callers see it; reads the cells of its state only where such cells were ever written. */
export async function describe(
  pool: Pool,
  call: Call,
  info: ImageInfo,
  request: RequestCell,
  cellNames: readonly string[],
): Promise<Volume> {
  const readIfNamed = (cell: string) => (cellNames.includes(cell) ? pool.rados.readLock(call, info.id, cell) : Promise.resolve(undefined));
  const [attached, closing] = await together(readIfNamed(cells.attachment), readIfNamed(cells.closing));
  const base = {
    id: volumeIdOf(pool.place, info.id),
    name: request.name,
    sizeBytes: Number.isSafeInteger(info.sizeBytes) ? info.sizeBytes : null,
    createdAt: request.createdAt,
    parameters: request.parameters,
  };
  if (closing !== undefined) {
    const until = closing.lockers.map((locker) => decodeClosing(locker).toISOString()).sort().at(-1);
    return { ...base, state: "deleting", stateReason: `being deleted; if no deleteVolume runs after ${until ?? "now"}, call it again` };
  }
  if (attached !== undefined) {
    const hosts = new Set(attached.lockers.map((locker) => decodeAttachment(locker).connector.hostId));
    return { ...base, state: "in-use", stateReason: `attached to ${[...hosts].sort().join(", ")}` };
  }
  return { ...base, state: "available" };
}
