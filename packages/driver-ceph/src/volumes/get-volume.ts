import type { GetVolumeRequest, Volume } from "@opensds/core";
import type { Call } from "../call.js";
import { cells, decodeAttachment, decodeClosing, decodeName, decodeRequest, type RequestCell } from "../records/cells.js";
import { volumeBytes } from "../records/encryption.js";
import { imageNameOf } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import type { ImageGlance } from "../transport/images.js";
import type { ImageInfo } from "../transport/rbd.js";
import { imageIdIn, volumeIdOf } from "../records/volume-id.js";

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

/** The cells that a volume is told from; the one that makes it a volume comes first, then who has it. */
export const volumeCells: readonly string[] = [cells.request, cells.attachment, cells.closing, cells.reverting, cells.name, cells.importing];

/** The volume behind an image's name, or undefined when that is no volume of this name. */
async function volumeNamed(pool: Pool, call: Call, imageName: string, volumeName: string): Promise<Volume | undefined> {
  const view = (await pool.images.glance.byName(call, imageName, volumeCells)) ?? (await viewListedAs(pool, call, imageName));
  const request = view && requestIn(view);
  return view && request?.name === volumeName ? describe(pool, view, request) : undefined;
}

/** A late removal by name may have taken the name's object, by which images open: the directory still has the name. */
async function viewListedAs(pool: Pool, call: Call, imageName: string): Promise<ImageGlance | undefined> {
  const imageId = await pool.rados.directoryIdOf(call, imageName);
  return imageId === undefined ? undefined : pool.images.glance.byId(call, imageId, volumeCells);
}

async function volumeOfImage(pool: Pool, call: Call, imageId: string | undefined): Promise<Volume | undefined> {
  const view = imageId === undefined ? undefined : await pool.images.glance.byId(call, imageId, volumeCells);
  return view && volumeIn(pool, view);
}

/** The volume that an image is, or undefined when it is none. */
export function volumeIn(pool: Pool, view: ImageGlance): Volume | undefined {
  const request = requestIn(view);
  return request && describe(pool, view, request);
}

/** What the creator of the volume asked for, or undefined when the image is no volume. */
export function requestIn({ cells: held }: Pick<ImageGlance, "cells">): RequestCell | undefined {
  const locker = held.get(cells.request)?.lockers[0];
  const request = locker && decodeRequest(locker);
  const renamed = held.get(cells.name)?.lockers[0];
  return request === undefined || renamed === undefined ? request : { ...request, name: decodeName(renamed) };
}

/** What the creator of the volume asked for, or undefined when the image is no volume. */
export async function requestOf(pool: Pool, call: Call, imageId: string): Promise<RequestCell | undefined> {
  const locker = (await pool.rados.readLock(call, imageId, cells.request))?.lockers[0];
  return locker && decodeRequest(locker);
}

/** The volume as callers see it, of a look at its image with the cells of its state. */
export function describe(
  pool: Pool,
  { info, cells: held }: { readonly info: Pick<ImageInfo, "id" | "sizeBytes">; readonly cells: ImageGlance["cells"] },
  request: RequestCell,
): Volume {
  const closing = held.get(cells.closing);
  const attached = held.get(cells.attachment);
  const reverting = held.get(cells.reverting);
  const base = {
    id: volumeIdOf(pool.place, info.id),
    name: request.name,
    sizeBytes: Number.isSafeInteger(info.sizeBytes) ? volumeBytes(info.sizeBytes, request) : null,
    createdAt: request.createdAt,
    parameters: request.parameters,
    ...(request.source !== undefined && { source: request.source }),
  };
  if (closing !== undefined) {
    const until = closing.lockers.map((locker) => decodeClosing(locker).toISOString()).sort().at(-1);
    return { ...base, state: "deleting", stateReason: `being deleted; if no deleteVolume runs after ${until ?? "now"}, call it again` };
  }
  if (reverting !== undefined) {
    return { ...base, state: "unknown", stateReason: "being put back to a snapshot; where no revertVolume runs any more, call it again" };
  }
  if (attached !== undefined) {
    const hosts = new Set(attached.lockers.map((locker) => decodeAttachment(locker).connector.hostId));
    return { ...base, state: "in-use", stateReason: `attached to ${[...hosts].sort().join(", ")}` };
  }
  return { ...base, state: "available" };
}
