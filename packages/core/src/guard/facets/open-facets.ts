import type { BackendManifest } from "../../driver/manifest.js";
import type { FacetLists } from "../../driver/define-driver.js";
import type { FacetedBackend } from "../../driver/storage-backend.js";
import { facetNames, type FacetMap, type FacetName } from "../../facets/facets.js";
import type { DriverParts } from "../driver-parts.js";
import { doctorCalls, fencingCalls, poolCalls, reconcileCalls } from "./backend-facet-calls.js";
import { changedBlocksCalls } from "./changed-blocks-calls.js";
import { expansionCalls } from "./expansion-calls.js";
import { createFacetKit } from "./facet-kit.js";
import { groupCalls } from "./group-calls.js";
import { snapshotCalls } from "./snapshot-calls.js";
import { healthCalls, importCalls, qosCalls, trashCalls } from "./volume-facet-calls.js";

/** The facets that a backend really carries. */
export function facetsOn(backend: FacetedBackend): readonly FacetName[] {
  return facetNames.filter((name) => backend[name] !== undefined);
}

/** What is wrong with a backend's facets, against what its driver's definition promises; in words, or undefined. */
export function facetsProblem(backend: FacetedBackend, lists: FacetLists<FacetName, FacetName>): string | undefined {
  const present = facetsOn(backend);
  const missing = lists.always.filter((name) => !present.includes(name));
  if (missing.length > 0) return `the backend lacks ${missing.join(", ")}, which its driver lists under always`;
  const unlisted = present.filter((name) => !lists.always.includes(name) && !lists.maybe.includes(name));
  return unlisted.length > 0 ? `the backend has ${unlisted.join(", ")}, which its driver lists nowhere` : undefined;
}

/** Puts the guard around every facet of a backend. */
export function guardFacets(parts: DriverParts, backend: FacetedBackend, manifest: BackendManifest): Partial<FacetMap> {
  const kit = createFacetKit(parts);
  const { snapshots, sources, expansion, pools, qos, groups, imports, trash, changedBlocks, health, reconciliation, fencing, doctor } = backend;
  return {
    ...(snapshots && { snapshots: snapshotCalls(kit, snapshots, parts, backend) }),
    ...(sources && { sources: { kinds: [...sources.kinds] } }),
    ...(expansion && { expansion: expansionCalls(kit, expansion, manifest, parts.host) }),
    ...(pools && { pools: poolCalls(kit, pools) }),
    ...(qos && { qos: qosCalls(kit, qos) }),
    ...(groups && { groups: groupCalls(kit, groups) }),
    ...(imports && { imports: importCalls(kit, imports) }),
    ...(trash && { trash: trashCalls(kit, trash) }),
    ...(changedBlocks && { changedBlocks: changedBlocksCalls(parts, changedBlocks) }),
    ...(health && { health: healthCalls(kit, health) }),
    ...(reconciliation && { reconciliation: reconcileCalls(kit, reconciliation) }),
    ...(fencing && { fencing: fencingCalls(kit, fencing) }),
    ...(doctor && { doctor: doctorCalls(kit, doctor) }),
  };
}
