import type { BackendExpandRequest, BackendFacets, ExpandVolumeResult, SouthboundError } from "@opensds/core";
import type { Bind } from "../bind.js";
import type { Call } from "../call.js";
import { cells } from "../records/cells.js";
import { standAlone } from "./create-from-source.js";
import { describe } from "./get-volume.js";
import type { Pool } from "../pool.js";
import { imageBytes, volumeBytes } from "../records/encryption.js";
import { findVolume, noSuchVolume, requireOpen, requirePrimary, type FoundVolume } from "./require-volume.js";
import { errno, unless } from "../transport/command-failure.js";

/** Growing images, attached ones too: RBD tells those who have them open. */
export function expansionFacet(bind: Bind): BackendFacets["expansion"] {
  return { expandVolume: bind(expandVolume) };
}

/** `rbd resize` refuses to shrink, so of several that grow at once the largest stays; one that came late looks again. */
async function expandVolume(pool: Pool, request: BackendExpandRequest, call: Call<"expandVolume">): Promise<ExpandVolumeResult> {
  const { ctx } = call;
  for (;;) {
    ctx.signal.throwIfAborted();
    const volume = await findVolume(pool, call, request.id);
    if (volume === undefined) throw noSuchVolume(pool, ctx, request.id);
    const sizeBytes = volumeBytes(volume.info.sizeBytes, volume.request);
    const { limitBytes } = request.capacity;
    if (limitBytes !== undefined && limitBytes < sizeBytes) throw wouldShrink(call, request, sizeBytes);
    if (sizeBytes >= request.sizeBytes) return resultOf(pool, volume);
    await requirePrimary(pool, call, request.id, volume.info);
    requireOpen(ctx, request.id, volume.view);
    await standAlone(pool, call, volume.info, volume.request);
    await ctx.step("resize");
    await unless([errno.EINVAL, errno.ENOENT], pool.making.resize(call, volume.imageId, imageBytes(request.sizeBytes, volume.request)));
  }
}

function resultOf(pool: Pool, { request, view }: FoundVolume): ExpandVolumeResult {
  return { volume: describe(pool, view, request), hostStep: view.cells.has(cells.attachment) ? "required" : "none" };
}

function wouldShrink({ ctx }: Call<"expandVolume">, { id, capacity }: BackendExpandRequest, sizeBytes: number): SouthboundError {
  const message = `volume ${id} has ${sizeBytes} bytes and cannot shrink to ${capacity.limitBytes ?? 0}; ask for no less than it has`;
  return ctx.fail("OUT_OF_RANGE", "size-out-of-range", message, { resource: id, outcome: "none", details: { sizeBytes } });
}
