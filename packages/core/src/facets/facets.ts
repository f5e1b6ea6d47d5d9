import type { ChangedBlocksFacet } from "./changed-blocks.js";
import type { DoctorFacet } from "./doctor.js";
import type { ExpansionFacet } from "./expansion.js";
import type { FencingFacet } from "./fencing.js";
import type { GroupFacet } from "./groups.js";
import type { HealthFacet } from "./health.js";
import type { ImportFacet } from "./import.js";
import type { PoolFacet } from "./pools.js";
import type { QosFacet } from "./qos.js";
import type { ReconcileFacet } from "./reconcile.js";
import type { SnapshotFacet } from "./snapshots.js";
import type { SourceFacet } from "./source.js";
import type { TrashFacet } from "./trash.js";

/** What a driver may offer beyond the ten operations: each name is an optional property of the driver. */
export interface FacetMap {
  readonly snapshots: SnapshotFacet;
  readonly sources: SourceFacet;
  readonly expansion: ExpansionFacet;
  readonly pools: PoolFacet;
  readonly qos: QosFacet;
  readonly groups: GroupFacet;
  readonly imports: ImportFacet;
  readonly trash: TrashFacet;
  readonly changedBlocks: ChangedBlocksFacet;
  readonly health: HealthFacet;
  readonly reconciliation: ReconcileFacet;
  readonly fencing: FencingFacet;
  readonly doctor: DoctorFacet;
}

/** The name of a facet. */
export type FacetName = keyof FacetMap;

/** Every facet, in the order in which manifests list them. The compiler keeps it complete: see `FacetName`. */
export const facetNames = Object.keys({
  snapshots: 0,
  sources: 0,
  expansion: 0,
  pools: 0,
  qos: 0,
  groups: 0,
  imports: 0,
  trash: 0,
  changedBlocks: 0,
  health: 0,
  reconciliation: 0,
  fencing: 0,
  doctor: 0,
} satisfies Record<FacetName, 0>) as readonly FacetName[];
