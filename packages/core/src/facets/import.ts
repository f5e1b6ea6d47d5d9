import type { CallOptions } from "../driver/call-context.js";
import type { VolumeId } from "../model/ids.js";
import type { Listing } from "../model/listing.js";
import type { Volume } from "../model/volume.js";

/** Something in the backend that was not made by this SDK and could be taken over. */
export interface Importable {
  /** How the backend itself calls it: an RBD image's name, a Cinder volume's id. */
  readonly reference: string;
  /** In bytes; `null` above 2^53 - 1. */
  readonly sizeBytes: number | null;
  /** Why it cannot be taken over, in words; absent when it can. */
  readonly obstacle?: string | undefined;
}

/** Taking volumes over that other tools made, and letting go of ours without deleting them. */
export interface ImportFacet {
  /** Lists what was not made by this SDK, also what cannot be taken over, with the obstacle (SB-IMPORT-2). */
  listImportable(request?: { readonly pageSize?: number | undefined; readonly startToken?: string | undefined }, options?: CallOptions): Listing<Importable>;
  /** Takes a volume over under a name; the data is not touched. In use by somebody: FAILED_PRECONDITION `volume-in-use`; its name is taken: ALREADY_EXISTS `volume-exists` (SB-IMPORT-1, 3). */
  importVolume(request: { readonly reference: string; readonly name: string }, options?: CallOptions): Promise<Volume>;
  /** Lets go: the data stays, the volume is not listed any more. Attached: FAILED_PRECONDITION `volume-in-use`. Not there: success (SB-IMPORT-4). */
  unmanageVolume(request: { readonly id: VolumeId }, options?: CallOptions): Promise<void>;
}
