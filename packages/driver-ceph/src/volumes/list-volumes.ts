import type { BackendPageRequest, Page, Volume } from "@opensds/core";
import type { Call } from "../call.js";
import { UnreadableCell } from "../records/cells.js";
import { volumeCells, volumeIn } from "./get-volume.js";
import { ourPrefixes } from "../records/image-name.js";
import { imageNameIn, tokenAfter } from "./list-token.js";
import type { Pool } from "../pool.js";
import type { ImageGlance, PageRequest } from "../transport/images.js";
import { volumeIdOf } from "../records/volume-id.js";

/**
 * One page of the volumes, sorted by the names of their images. What each volume is, is read only for those of the
 * page.
 */
export async function listVolumePage(
  pool: Pool,
  request: BackendPageRequest,
  call: Call<"listVolumes">,
): Promise<Page<Volume>> {
  const after = request.token === undefined ? "" : imageNameIn(request.token);
  if (after === undefined) {
    const message = "the start token is of no form that this driver gives; begin again without one";
    throw call.ctx.fail("ABORTED", "bad-token", message, { outcome: "none", recovery: "fix-request" });
  }
  let items: readonly Volume[] = [];
  let next: string | undefined = after;
  // Images that are no volume (yet, or any more) leave gaps; a page that would be empty goes on further down.
  while (items.length === 0 && next !== undefined) {
    const part: PageRequest = { prefixes: ourPrefixes, after: next, limit: request.pageSize };
    const page = await pool.images.glance.page(call, part, volumeCells);
    items = page.views.map((view) => volumeOrUnreadable(pool, view)).filter((volume) => volume !== undefined);
    next = page.next;
  }
  return next === undefined ? { items } : { items, nextToken: tokenAfter(next) };
}

/** A volume of a layout that this driver does not know is listed, by its image's name, and does not hide the others. */
function volumeOrUnreadable(pool: Pool, view: ImageGlance): Volume | undefined {
  try {
    return volumeIn(pool, view);
  } catch (thrown) {
    if (!(thrown instanceof UnreadableCell)) throw thrown;
    const { id, name, sizeBytes } = view.info;
    const exact = Number.isSafeInteger(sizeBytes) ? sizeBytes : null;
    return { id: volumeIdOf(pool.place, id), name, sizeBytes: exact, state: "unknown", stateReason: thrown.message, parameters: {} };
  }
}
