import type { CallContext, CodeOf, Operation, SouthboundError, VolumeId } from "@opensds/core";
import type { Call } from "../call.js";
import { cells, type RequestCell } from "../records/cells.js";
import { requestIn, volumeCells } from "./get-volume.js";
import type { Pool } from "../pool.js";
import type { ImageView } from "../transport/images.js";
import type { ImageInfo } from "../transport/rbd.js";
import { imageIdIn } from "../records/volume-id.js";

/** A volume as operations on it see it. */
export interface FoundVolume {
  readonly imageId: string;
  /** Its image; under the name that RBD's directory has for it at this moment. */
  readonly info: ImageInfo;
  readonly request: RequestCell;
  /** The look that all this comes from, with the cells that a volume is told from. */
  readonly view: ImageView;
}

/** Operations that may say that there is no such volume. */
export type NamesVolume = { [Op in Operation]: "NOT_FOUND" extends CodeOf<Op> ? Op : never }[Operation];

/** The volume of an id, or undefined when there is none. An image in the trash is none. */
export async function findVolume(pool: Pool, call: Call, id: VolumeId): Promise<FoundVolume | undefined> {
  const imageId = imageIdIn(pool.place, id);
  if (imageId === undefined) return undefined;
  const view = await pool.images.byId(call, imageId, volumeCells);
  const request = view && requestIn(view);
  return view && request && { imageId, info: view.info, request, view };
}

/** That there is no such volume. */
export function noSuchVolume(pool: Pool, ctx: CallContext<NamesVolume>, id: string): SouthboundError {
  const message = `pool ${pool.config.pool} has no volume with the id ${id}`;
  return ctx.fail("NOT_FOUND", "volume-not-found", message, { resource: id, outcome: "none" });
}

/** Refuses to change an image that another cluster is the master of. */
export async function requirePrimary(pool: Pool, call: Call, id: VolumeId, info: ImageInfo): Promise<void> {
  const refusal = await notPrimary(pool, call, id, info);
  if (refusal !== undefined) throw refusal;
}

/** That another cluster is the master of an image, where it is. Only images with one of these features can be copies. */
export async function notPrimary(pool: Pool, call: Call, id: VolumeId, info: ImageInfo): Promise<SouthboundError | undefined> {
  if (!info.features.some((feature) => feature === "non-primary" || feature === "journaling")) return undefined;
  if ((await pool.details.of(call, info.id)).primary !== false) return undefined;
  const message = `image ${info.name} of volume ${id} is mirrored from another cluster and is not primary here; change it there, or promote it first`;
  return call.ctx.fail("FAILED_PRECONDITION", "volume-not-primary", message, { resource: id, outcome: "none" });
}

/** Refuses a volume that a call is about to delete, to let go or to put back to a snapshot. */
export function requireOpen(ctx: CallContext, id: VolumeId, { cells: held }: ImageView): void {
  if (held.has(cells.closing)) {
    const message = `volume ${id} is being deleted`;
    throw ctx.fail("FAILED_PRECONDITION", "volume-deleting", message, { resource: id, outcome: "none", recovery: "wait-for-operation" });
  }
  if (held.has(cells.reverting)) throw beingReverted(ctx, id);
}

/** That a volume's bytes are a mixture until a revert has ended. */
export function beingReverted(ctx: CallContext, id: VolumeId): SouthboundError {
  const message = `volume ${id} is being put back to a snapshot; where no revertVolume runs any more, call it again`;
  return ctx.fail("FAILED_PRECONDITION", "volume-not-ready", message, { resource: id, outcome: "none" });
}
