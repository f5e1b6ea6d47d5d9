import type { CallOptions } from "../driver/call-context.js";
import type { VolumeId } from "../model/ids.js";
import type { Listing } from "../model/listing.js";
import type { Volume } from "../model/volume.js";

/** A deleted volume whose data is not purged yet. It counts against capacity and quota. */
export interface TrashedVolume {
  readonly id: VolumeId;
  readonly name: string;
  readonly sizeBytes: number | null;
  /** ISO 8601, UTC. */
  readonly deletedAt: string;
  /** When it will be purged; absent: at once, or when somebody says so. */
  readonly purgeAfter?: string | undefined;
}

/** Deleted volumes: the only way back to them. */
export interface TrashFacet {
  /** Lists the deleted volumes that are not purged yet; 100 a page unless told otherwise (SB-TRASH-1). */
  listTrash(request?: { readonly pageSize?: number | undefined; readonly startToken?: string | undefined }, options?: CallOptions): Listing<TrashedVolume>;
  /** Brings a volume back, under its own name or, where that is taken (ALREADY_EXISTS `volume-exists`), another (SB-TRASH-2). NOT_FOUND when it is not in the trash. */
  undeleteVolume(request: { readonly id: VolumeId; readonly name?: string | undefined }, options?: CallOptions): Promise<Volume>;
  /** Purges now, for good. Nothing there: success (SB-TRASH-3). */
  purgeVolume(request: { readonly id: VolumeId }, options?: CallOptions): Promise<void>;
}
