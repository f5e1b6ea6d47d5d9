import type { BackendPageRequest, CallContext, DeleteVolumeRequest, GetVolumeRequest, Page, Volume } from "@opensds/core";
import { findById, finishById, noSuchVolume } from "./find-record.js";
import { requireNoGroup } from "./group-members.js";
import { nameKey } from "./identity.js";
import { requireDetached } from "./in-use.js";
import { recordPage } from "./pages.js";
import type { Parts } from "./parts.js";
import type { Stores } from "./stores.js";
import { toVolume } from "./volume-record.js";

/** The volume as it is now, by id or by name. */
export async function getVolume({ volumes }: Stores, request: GetVolumeRequest, ctx: CallContext<"getVolume">): Promise<Volume> {
  const found = request.id === undefined ? await volumes.read(nameKey(request.name), ctx) : await findById(volumes, request.id, ctx);
  if (found === undefined) throw noSuchVolume(ctx, request.id ?? request.name);
  return toVolume(found.record);
}

/** One page of all volumes. */
export function listVolumePage({ volumes }: Stores, request: BackendPageRequest, ctx: CallContext<"listVolumes">): Promise<Page<Volume>> {
  return recordPage(volumes, request, ctx, ({ record }) => [toVolume(record)]);
}

/** Deletes, unless somebody has the volume. Closing it to new attachments and removing it are one conditional write. */
export async function deleteVolume({ stores, trash }: Parts, request: DeleteVolumeRequest, ctx: CallContext<"deleteVolume">): Promise<void> {
  const { volumes } = stores;
  for (;;) {
    ctx.signal.throwIfAborted();
    const current = await findById(volumes, request.id, ctx);
    if (current === undefined) break;
    requireDetached(current.record, ctx);
    await requireNoGroup(stores, current.record, ctx);
    if (await volumes.remove(current, ctx, trash ? "binned" : "closed")) break;
  }
  // Also when it was removed before: whoever did may have been killed before all was done.
  await finishById(volumes, request.id, ctx);
}
