import type {
  BackendPageRequest,
  CallContext,
  DeleteVolumeRequest,
  GetVolumeRequest,
  Page,
  Volume,
} from "@opensds/core";
import { findVolume, noSuchVolume, readVolumes } from "./find-volume.js";
import { keyOfId, nameKey } from "./identity.js";
import { decodeToken, encodeToken } from "./page-token.js";
import type { VolumeStore } from "./store.js";
import { toVolume } from "./volume-record.js";

/** The volume as it is now, by id or by name. */
export async function getVolume(store: VolumeStore, request: GetVolumeRequest, ctx: CallContext<"getVolume">): Promise<Volume> {
  const found =
    request.id === undefined ? await store.read(nameKey(request.name), ctx) : await findVolume(store, request.id, ctx);
  if (found === undefined) throw noSuchVolume(ctx, request.id ?? request.name);
  return toVolume(found.record);
}

/** One page, in the order of the keys: stable, whatever is made or deleted between two pages. */
export async function listVolumePage(
  store: VolumeStore,
  request: BackendPageRequest,
  ctx: CallContext<"listVolumes">,
): Promise<Page<Volume>> {
  const after = request.token === undefined ? "" : readToken(request.token, ctx);
  const rest = (await store.keys()).filter((key) => key > after);
  const items: Volume[] = [];
  let taken = 0;
  // A key whose volume has gone since gives no item: go on until the page is full or the keys are used up.
  while (items.length < request.pageSize && taken < rest.length) {
    const keys = rest.slice(taken, taken + request.pageSize - items.length);
    taken += keys.length;
    items.push(...(await readVolumes(store, keys, ctx)).map(toVolume));
  }
  const lastKey = rest[taken - 1];
  return taken < rest.length && lastKey !== undefined ? { items, nextToken: encodeToken(lastKey) } : { items };
}

function readToken(token: string, ctx: CallContext<"listVolumes">): string {
  const key = decodeToken(token);
  if (key !== undefined) return key;
  throw ctx.fail("ABORTED", "bad-token", "startToken is not a token of this driver; list from the beginning", { recovery: "fix-request" });
}

/** Deletes, unless somebody has the volume. Closing it to new attachments and removing it are one conditional write. */
export async function deleteVolume(
  store: VolumeStore,
  request: DeleteVolumeRequest,
  ctx: CallContext<"deleteVolume">,
): Promise<void> {
  for (;;) {
    ctx.signal.throwIfAborted();
    const current = await findVolume(store, request.id, ctx);
    if (current === undefined) break;
    const hosts = [...new Set(current.record.attachments.map(({ hostId }) => hostId))];
    if (hosts.length > 0) {
      const message = `volume ${JSON.stringify(current.record.name)} is attached to ${hosts.join(", ")}; detach it there first`;
      throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: request.id, outcome: "none", details: { hosts } });
    }
    if (await store.remove(current, ctx)) break;
  }
  // Also when it was removed before: whoever did may have been killed before its bytes were gone.
  if (keyOfId(request.id) !== undefined) await store.purge(request.id, ctx);
}
