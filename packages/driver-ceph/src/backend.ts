import type { BackendWith } from "@opensds/core";
import { connectVolume, disconnectVolume, listConnections } from "./attachments.js";
import { createBind } from "./bind.js";
import { changedBlocksFacet } from "./changed-blocks.js";
import { createVolume } from "./create-volume.js";
import { deleteVolume } from "./delete-volume.js";
import { doctorFacet } from "./doctor.js";
import { fencingFacet } from "./fencing.js";
import { readFormat, writeFormat } from "./formats.js";
import { getVolume } from "./get-volume.js";
import { expansionFacet } from "./expansion.js";
import { groupFacet } from "./groups.js";
import { healthFacet } from "./health.js";
import { importFacet } from "./imports.js";
import { listVolumePage } from "./list-volumes.js";
import { cephManifest } from "./manifest.js";
import type { Pool } from "./pool.js";
import { poolFacet } from "./pools.js";
import { qosFacet } from "./qos.js";
import { reconcileFacet } from "./reconcile.js";
import { snapshotFacet } from "./snapshots.js";
import { trashFacet } from "./trash.js";

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
    close: () => pool.transport.close(),
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
