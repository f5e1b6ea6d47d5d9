import type { BackendWith } from "@opensds/core";
import { connectVolume, disconnectVolume, listConnections } from "./attachments.js";
import { changedBlocksFacet } from "./changed-blocks.js";
import { createVolume } from "./create-volume.js";
import { doctorFacet } from "./doctor.js";
import { expansionFacet } from "./expansion.js";
import { explainFileErrors } from "./file-errors.js";
import { fencingFacet } from "./fencing.js";
import { readFormat, writeFormat } from "./format.js";
import { groupFacet } from "./groups.js";
import { healthFacet } from "./health.js";
import { importFacet } from "./imports.js";
import { referenceManifest } from "./manifest.js";
import type { Parts } from "./parts.js";
import { poolFacet } from "./pools.js";
import { reconcileFacet } from "./reconcile.js";
import { snapshotFacet } from "./snapshots.js";
import { trashFacet } from "./trash.js";
import { deleteVolume, getVolume, listVolumePage } from "./volumes.js";

/** Which facets every backend of the driver has, and which depend on how it is configured. */
export const referenceFacets = {
  always: ["snapshots", "sources", "expansion", "pools", "groups", "health", "reconciliation", "doctor"],
  // What is about bytes or hosts needs files; the trash is there when it is configured.
  maybe: ["imports", "trash", "changedBlocks", "fencing"],
} as const;

/** What the reference driver opens. */
export type ReferenceBackend = BackendWith<(typeof referenceFacets.always)[number], (typeof referenceFacets.maybe)[number]>;

/** The reference driver's backend on any stores. */
export function createReferenceBackend(given: Omit<Parts, "explained">): ReferenceBackend {
  const { stores, imports, directory } = given;
  const explained = <Value>(work: () => Promise<Value>): Promise<Value> => explainFileErrors(directory ?? "memory", work);
  const parts: Parts = { ...given, explained };
  return {
    manifest: referenceManifest(directory !== undefined),
    createVolume: (request, ctx) => explained(() => createVolume(parts, request, ctx)),
    getVolume: (request, ctx) => explained(() => getVolume(stores, request, ctx)),
    listVolumePage: (request, ctx) => explained(() => listVolumePage(stores, request, ctx)),
    deleteVolume: (request, ctx) => explained(() => deleteVolume(parts, request, ctx)),
    connectVolume: (request, ctx) => explained(() => connectVolume(stores, request, ctx)),
    disconnectVolume: (request, ctx) => explained(() => disconnectVolume(stores, request, ctx)),
    listConnections: (request, ctx) => explained(() => listConnections(stores, request, ctx)),
    readFormat: (request, ctx) => explained(() => readFormat(stores, request, ctx)),
    writeFormat: (request, ctx) => explained(() => writeFormat(stores, request, ctx)),
    close: () => Promise.resolve(),
    snapshots: snapshotFacet(parts),
    sources: { kinds: ["snapshot", "volume"] },
    expansion: expansionFacet(parts),
    pools: poolFacet(parts),
    groups: groupFacet(parts),
    health: healthFacet(parts),
    reconciliation: reconcileFacet(parts),
    doctor: doctorFacet(parts),
    ...(parts.trash && { trash: trashFacet(parts) }),
    ...(imports !== undefined && { imports: importFacet(parts, imports) }),
    ...(directory !== undefined && { changedBlocks: changedBlocksFacet(parts), fencing: fencingFacet(parts) }),
  };
}
