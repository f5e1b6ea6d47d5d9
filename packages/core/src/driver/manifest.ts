import type { AccessMode } from "../model/attachment.js";
import type { FacetName } from "../facets/facets.js";
import type { ConnectionInfo } from "../model/connection.js";

/** The version of this contract that `defineDriver` stamps into a definition. */
export const contractVersion = "0.1";

/** What a backend says of itself: plain and cloneable, fixed from `setup` to `unset`. */
export interface BackendManifest {
  /** The driver's kind, as in `<kind>_driver`. */
  readonly kind: string;
  readonly limits: {
    /** The longest volume name in bytes of UTF-8, at least 1 and at most 128. */
    readonly nameBytes: number;
    /** Sizes are rounded up to a multiple of this many bytes. */
    readonly granularityBytes: number;
    readonly minVolumeBytes: number;
    /** At most 2^53 - 1. */
    readonly maxVolumeBytes: number;
  };
  /**
   * Whether one name can only ever be one volume, whatever races (`guaranteed`), or the backend leaves a gap
   * (`best-effort`), which a decision page of the driver then explains.
   */
  readonly nameUniqueness: "guaranteed" | "best-effort";
  readonly accessModes: readonly AccessMode[];
  readonly protocols: readonly ConnectionInfo["protocol"][];
  /** The driver's own create parameters: name and what it means. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What an opened driver can do and how much, as the dock sees it and the conformance suite proves it. */
export interface DriverManifest extends BackendManifest {
  /** The facets that the opened backend has: what core found on it, so that the list cannot lie. */
  readonly facets: readonly FacetName[];
}
