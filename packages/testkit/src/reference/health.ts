import { stat } from "node:fs/promises";
import { formatBytes, type BackendFacets, type CallContext, type VolumeHealth, type VolumeId } from "@opensds/core";
import { errnoOf } from "./file-system.js";
import { requireVolume } from "./find-record.js";
import { hostsOf } from "./in-use.js";
import type { Parts } from "./parts.js";
import type { VolumeRecord } from "./volume-record.js";

/** The unit in which file systems tell what a file occupies, whatever their own blocks are. */
const statBlockBytes = 512;

/** How volumes fare, as their files show it. */
export function healthFacet(parts: Parts): BackendFacets["health"] {
  return { getHealth: (request, ctx) => parts.explained(() => getHealth(parts, request, ctx)) };
}

async function getHealth({ stores }: Parts, { id }: { readonly id: VolumeId }, ctx: CallContext<"getHealth">): Promise<VolumeHealth> {
  for (;;) {
    ctx.signal.throwIfAborted();
    const current = await requireVolume(stores.volumes, id, ctx);
    const health = await healthOf(current.record, stores.volumes.pathOf(current, current.record.data));
    if (health.condition === "healthy") return health;
    // Unless the volume was changed meanwhile: a file goes when the bytes are replaced.
    if ((await stores.volumes.read(current.key, ctx))?.version === current.version) return health;
  }
}

async function healthOf(record: VolumeRecord, path: string | undefined): Promise<VolumeHealth> {
  const openedBy = hostsOf(record);
  if (path === undefined) return { condition: "healthy", findings: [], used: { kind: "bytes", bytes: 0 }, openedBy };
  try {
    const { size, blocks } = await stat(path);
    const used = { kind: "bytes", bytes: blocks * statBlockBytes } as const;
    if (size >= record.sizeBytes) return { condition: "healthy", findings: [], used, openedBy };
    const finding = `${path} has ${formatBytes(size)} where the volume has ${formatBytes(record.sizeBytes)}: somebody cut it off`;
    return { condition: "failed", findings: [finding], used, openedBy };
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return { condition: "failed", findings: [`${path} is gone`], used: { kind: "unknown" }, openedBy };
  }
}
