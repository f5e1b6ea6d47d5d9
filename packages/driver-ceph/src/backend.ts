import type { BackendWith } from "@opensds/core";
import { connectVolume } from "./attachments/connect-volume.js";
import { disconnectVolume } from "./attachments/disconnect-volume.js";
import { listConnections } from "./attachments/list-connections.js";
import { createBind } from "./bind.js";
import { changedBlocksFacet } from "./snapshots/changed-blocks.js";
import { createVolume } from "./volumes/create-volume.js";
import { deleteVolume } from "./volumes/delete-volume.js";
import { doctorFacet } from "./care/doctor.js";
import { fencingFacet } from "./attachments/fencing.js";
import { readFormat, writeFormat } from "./attachments/formats.js";
import { getVolume } from "./volumes/get-volume.js";
import { expansionFacet } from "./volumes/expansion.js";
import { groupFacet } from "./groups/groups.js";
import { healthFacet } from "./care/health.js";
import { importFacet } from "./volumes/imports.js";
import { listVolumePage } from "./volumes/list-volumes.js";
import { cephManifest } from "./manifest.js";
import type { Pool } from "./pool.js";
import { poolFacet } from "./care/pools.js";
import { qosFacet } from "./volumes/qos.js";
import { reconcileFacet } from "./care/reconcile.js";
import { snapshotFacet } from "./snapshots/snapshots.js";
import { trashFacet } from "./volumes/trash.js";

/** Which facets every backend of the driver has, and which depend on how it is configured. */
export const cephFacets = {
  always: ["snapshots", "sources", "expansion", "pools", "qos", "groups", "imports", "changedBlocks", "health", "reconciliation", "fencing", "doctor"],
  maybe: ["trash"],
} as const;

/** What the driver opens. */
export type CephBackend = BackendWith<(typeof cephFacets.always)[number], (typeof cephFacets.maybe)[number]>;

/** The backend of one pool and namespace. */
export function createBackend(pool: Pool): CephBackend {
  const bind = createBind(pool);
  return {
    manifest: cephManifest(pool.config),
    createVolume: bind(createVolume),
    getVolume: bind(getVolume),
    listVolumePage: bind(listVolumePage),
    deleteVolume: bind(deleteVolume),
    connectVolume: bind(connectVolume),
    disconnectVolume: bind(disconnectVolume),
    listConnections: bind(listConnections),
    readFormat: bind(readFormat),
    writeFormat: bind(writeFormat),
    close: pool.close,
    snapshots: snapshotFacet(bind),
    sources: { kinds: ["snapshot", "volume"] },
    expansion: expansionFacet(bind),
    pools: poolFacet(bind),
    qos: qosFacet(bind),
    groups: groupFacet(bind),
    imports: importFacet(bind),
    changedBlocks: changedBlocksFacet(pool),
    health: healthFacet(bind),
    reconciliation: reconcileFacet(bind),
    fencing: fencingFacet(bind),
    doctor: doctorFacet(bind),
    ...(pool.config.trashSeconds > 0 && { trash: trashFacet(bind) }),
  };
}
