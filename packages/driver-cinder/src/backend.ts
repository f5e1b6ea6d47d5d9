import type { BackendWith } from "@opensds/core";
import { connectVolume } from "./attachments/connect-volume.js";
import { disconnectVolume } from "./attachments/disconnect-volume.js";
import { listConnections } from "./attachments/list-connections.js";
import { createBind } from "./bind.js";
import { createVolume } from "./volumes/create-volume.js";
import { deleteVolume } from "./volumes/delete-volume.js";
import { examine } from "./care/doctor.js";
import { expandVolume } from "./volumes/expansion.js";
import { readFormat, writeFormat } from "./attachments/formats.js";
import { getVolume } from "./volumes/get-volume.js";
import { groupFacet } from "./groups/groups.js";
import { getHealth } from "./care/health.js";
import { importFacet } from "./volumes/imports.js";
import { listVolumePage } from "./volumes/list-volumes.js";
import { qosFacet } from "./volumes/qos.js";
import { cinderManifest } from "./manifest.js";
import { listPools } from "./care/pools.js";
import type { Project } from "./project.js";
import { reconcile } from "./care/reconcile.js";
import { snapshotFacet } from "./snapshots/snapshots.js";

/** What every project can do, whatever the user's rights and Cinder's version, and what depends on the configuration. */
export const facets = {
  always: ["snapshots", "sources", "expansion", "pools", "imports", "health", "reconciliation", "doctor"],
  maybe: ["qos", "groups"],
} as const;

/** The backend of one project. */
export function createBackend(project: Project): BackendWith<(typeof facets.always)[number], (typeof facets.maybe)[number]> {
  const { config, http } = project;
  const bind = createBind(project);
  return {
    manifest: cinderManifest(project),
    createVolume: bind(createVolume),
    getVolume: bind(getVolume),
    listVolumePage: bind(listVolumePage),
    deleteVolume: bind(deleteVolume),
    connectVolume: bind(connectVolume),
    disconnectVolume: bind(disconnectVolume),
    listConnections: bind(listConnections),
    readFormat: bind(readFormat),
    writeFormat: bind(writeFormat),
    close: () => {
      http.close();
      return Promise.resolve();
    },
    snapshots: snapshotFacet(bind),
    sources: { kinds: ["snapshot", "volume"] },
    expansion: { expandVolume: bind(expandVolume) },
    pools: { listPools: bind.alone(listPools) },
    ...(Object.keys(config.qosTypes).length > 0 && { qos: qosFacet(bind) }),
    ...(config.groupType !== undefined && { groups: groupFacet(bind) }),
    imports: importFacet(bind),
    health: { getHealth: bind(getHealth) },
    reconciliation: { reconcile: bind(reconcile) },
    doctor: { examine: bind.alone(examine) },
  };
}
