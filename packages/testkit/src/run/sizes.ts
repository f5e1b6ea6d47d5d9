import { MiB, type DriverManifest } from "@opensds/core";
import type { CheckSizes } from "../check-context.js";

/** The first possible size of at least so many bytes. */
export function possibleSize(limits: DriverManifest["limits"], atLeastBytes: number): number {
  const { granularityBytes, minVolumeBytes } = limits;
  return Math.ceil(Math.max(atLeastBytes, minVolumeBytes) / granularityBytes) * granularityBytes;
}

/** Sizes that checks use, for a backend with these limits. */
export const checkSizes = (limits: DriverManifest["limits"]): CheckSizes => ({
  small: possibleSize(limits, 1),
  data: possibleSize(limits, 64 * MiB),
});
