import type { VolumeId } from "../model/ids.js";
import type { SnapshotId } from "./snapshots.js";

/**
 * What a new volume begins with: the content of a snapshot or of a volume as it is at that moment. The new volume is at least as
 * large as its source (bigger is allowed, smaller is OUT_OF_RANGE) and does not depend on it for its life.
 */
export type VolumeSource =
  | { readonly kind: "snapshot"; readonly snapshotId: SnapshotId }
  | { readonly kind: "volume"; readonly volumeId: VolumeId };

/** The kinds of source that a backend can create from; part of the facet `sources`. */
export type VolumeSourceKind = VolumeSource["kind"];

/** Creating volumes from others: `createVolume` takes a `source`. The facet has no methods of its own. */
export interface SourceFacet {
  readonly kinds: readonly VolumeSourceKind[];
}
