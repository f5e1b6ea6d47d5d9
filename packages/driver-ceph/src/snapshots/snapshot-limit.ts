import type { VolumeId } from "@opensds/core";
import type { Call } from "../call.js";
import type { Pool } from "../pool.js";
import type { ImageSnapshot } from "../transport/rbd-snapshots.js";

/** Refuses one more snapshot of a volume that has as many as the backend is configured for. */
export function requireFewer(pool: Pool, { ctx }: Call<"createSnapshot" | "createGroupSnapshot">, id: VolumeId, there: readonly ImageSnapshot[]): void {
  const { maxSnapshots } = pool.config;
  const snapshots = there.filter(({ kind }) => kind !== "trash").length;
  if (snapshots < maxSnapshots) return;
  const message = `volume ${id} has ${snapshots} snapshots, and this backend is configured for at most ${maxSnapshots}; delete some`;
  const details = { snapshots, maxSnapshots };
  throw ctx.fail("RESOURCE_EXHAUSTED", "too-many-snapshots", message, { resource: id, outcome: "none", recovery: "fix-request", details });
}
