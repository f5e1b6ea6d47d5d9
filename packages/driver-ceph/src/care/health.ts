import type { BackendFacets, VolumeHealth, VolumeId } from "@opensds/core";
import type { Bind } from "../bind.js";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells } from "../records/cells.js";
import { requestOf } from "../volumes/get-volume.js";
import type { Pool } from "../pool.js";
import { noSuchVolume } from "../volumes/require-volume.js";
import { errno, unless } from "../transport/command-failure.js";
import type { ImageInfo } from "../transport/rbd.js";
import type { ImageDetails } from "../transport/rbd-details.js";
import { imageIdIn } from "../records/volume-id.js";

/** How volumes fare, as RBD and the cluster see it. */
export function healthFacet(bind: Bind): BackendFacets["health"] {
  return { getHealth: bind(getHealth) };
}

async function getHealth(pool: Pool, { id }: { readonly id: VolumeId }, call: Call<"getHealth">): Promise<VolumeHealth> {
  const imageId = imageIdIn(pool.place, id);
  if (imageId === undefined) throw noSuchVolume(pool, call.ctx, id);
  const [imageName, request, info, closing, pools] = await together(
    pool.rados.directoryNameOf(call, imageId),
    requestOf(pool, call, imageId),
    unless([errno.ENOENT], pool.rbd.infoById(call, imageId)),
    pool.rados.readLock(call, imageId, cells.closing),
    pool.cluster.pools(call),
  );
  if (imageName === undefined || request === undefined) throw noSuchVolume(pool, call.ctx, id);
  if (info === undefined) {
    const findings = [`image ${imageName} cannot be opened: RBD knows its name and not its content`];
    return { condition: "failed", findings, used: { kind: "unknown" }, openedBy: [] };
  }
  const [details, watchers, usedBytes] = await together(
    unless([errno.ENOENT], pool.details.of(call, imageId)),
    unless([errno.ENOENT], pool.rbd.watchers(call, imageName)),
    unless([errno.ENOENT], pool.rbd.usedBytes(call, imageName)),
  );
  const where = pool.config.dataPool ?? pool.config.pool;
  const findings = [
    ...findingsOf(info, details),
    ...(closing === undefined ? [] : ["something has closed the volume; getVolume says what, and what to call again"]),
    ...(pools.some(({ name, full }) => full && name === where) ? [`pool ${where} is full: writes of new data hang or fail`] : []),
  ];
  return {
    condition: findings.length === 0 ? "healthy" : "degraded",
    findings,
    used: usedBytes === undefined ? { kind: "unknown" } : { kind: "bytes", bytes: usedBytes },
    openedBy: watchers ?? [],
  };
}

/** What a look at an image alone tells. */
function findingsOf({ features }: ImageInfo, details: ImageDetails | undefined): readonly string[] {
  return [
    ...(details?.flags ?? []).map((flag) => `RBD says: ${flag}; \`rbd object-map rebuild\` mends it, until then diffs and deletes are slow`),
    ...(details?.primary === false ? ["the image is mirrored from another cluster and is not primary here: it cannot be written"] : []),
    ...(features.includes("migrating") ? ["its content is still being copied from its source"] : []),
  ];
}
