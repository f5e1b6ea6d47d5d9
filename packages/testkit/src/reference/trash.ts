import type { BackendFacets, CallContext, TrashedVolume, Volume, VolumeId } from "@opensds/core";
import type { BinnedVolume } from "./bin.js";
import { findById, finishById } from "./find-record.js";
import { pageOf } from "./pages.js";
import type { Parts } from "./parts.js";
import { toVolume } from "./volume-record.js";

/** Deleted volumes, which stay until somebody purges them. */
export function trashFacet(parts: Parts): BackendFacets["trash"] {
  const { stores, explained } = parts;
  return {
    listTrashPage: (request, ctx) =>
      explained(async () =>
        pageOf(await stores.bin.ids(), request, ctx, async (ids) => {
          const found = await Promise.all(ids.map((id) => stores.bin.read(id, ctx)));
          return found.filter((binned) => binned !== undefined).map(toTrashed);
        }),
      ),
    undeleteVolume: (request, ctx) => explained(() => undeleteVolume(parts, request, ctx)),
    purgeVolume: ({ id }, ctx) =>
      explained(async () => {
        await finishById(stores.volumes, id, ctx);
        await stores.bin.purge(id, ctx);
      }),
  };
}

function toTrashed({ record, deletedAt }: BinnedVolume): TrashedVolume {
  return { id: record.id, name: record.name, sizeBytes: record.sizeBytes, deletedAt };
}

async function undeleteVolume(
  { stores }: Parts,
  { id, name }: { readonly id: VolumeId; readonly name?: string | undefined },
  ctx: CallContext<"undeleteVolume">,
): Promise<Volume> {
  // Whoever deleted it may have been killed before it was in the bin.
  await finishById(stores.volumes, id, ctx);
  const binned = await stores.bin.read(id, ctx);
  const wanted = name ?? binned?.record.name;
  const outcome = wanted === undefined ? "gone" : await stores.bin.restore(id, wanted, ctx);
  if (outcome === "taken") {
    const message = `there is a volume ${JSON.stringify(wanted)} by now; give another name`;
    throw ctx.fail("ALREADY_EXISTS", "volume-exists", message, { resource: id, outcome: "none", details: { name: wanted } });
  }
  // Not in the bin: the same call has brought it back before, or it never was there.
  const volume = await findById(stores.volumes, id, ctx);
  if (volume !== undefined && (name === undefined || name === volume.record.name)) return toVolume(volume.record);
  const message = `there is no deleted volume ${id}; it was purged or never deleted: list the trash to see what there is`;
  throw ctx.fail("NOT_FOUND", "volume-not-found", message, { resource: id, outcome: "none" });
}
