import type { BackendPageRequest, Page, Volume } from "@opensds/core";
import { mapBounded } from "./bounded.js";
import type { Call } from "./call.js";
import { UnreadableCell } from "./cells.js";
import { volumeNamed } from "./get-volume.js";
import { isOurImageName } from "./image-name.js";
import { imageNameIn, tokenAfter } from "./list-token.js";
import type { Pool } from "./pool.js";
import { errno, unless } from "./transport/command-failure.js";
import { volumeIdOf } from "./volume-id.js";

/** Volumes described at the same time: each takes a few short processes. */
const atOnce = 4;

/**
 * One page of the volumes, sorted by the names of their images. The pool's names come from one command; what each volume is,
 * only for those of the page.
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
  const names = (await pool.rbd.list(call)).filter((name) => isOurImageName(name) && name > after).sort();

  const items: Volume[] = [];
  let next = 0;
  // Images that are no volume (yet, or any more) leave gaps, which are filled from further down.
  while (items.length < request.pageSize && next < names.length) {
    const some = names.slice(next, next + request.pageSize - items.length);
    const found = await mapBounded(some, atOnce, (name) => volumeOrUnreadable(pool, call, name));
    items.push(...found.filter((volume) => volume !== undefined));
    next += some.length;
  }
  const last = names[next - 1];
  return last === undefined || next >= names.length ? { items } : { items, nextToken: tokenAfter(last) };
}

/** A volume of a layout that this driver does not know is listed, by its image's name, and does not hide the others. */
async function volumeOrUnreadable(pool: Pool, call: Call, imageName: string): Promise<Volume | undefined> {
  try {
    return await volumeNamed(pool, call, imageName);
  } catch (thrown) {
    if (!(thrown instanceof UnreadableCell)) throw thrown;
    const info = await unless([errno.ENOENT], pool.rbd.infoByName(call, imageName));
    if (info === undefined) return undefined;
    const sizeBytes = Number.isSafeInteger(info.sizeBytes) ? info.sizeBytes : null;
    return { id: volumeIdOf(pool.place, info.id), name: imageName, sizeBytes, state: "unknown", stateReason: thrown.message, parameters: {} };
  }
}
