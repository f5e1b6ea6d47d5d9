import type { BackendManifest } from "../driver/manifest.js";
import { SouthboundError } from "../errors/southbound-error.js";
import { backendManifestSchema } from "../schema/manifest.js";
import type { CallSpec } from "./call-limits.js";
import { checkResult } from "./check.js";

/** Refuses a backend whose manifest is not what the contract says: INTERNAL `driver-broke-contract`. */
export function checkManifest(manifest: unknown, spec: CallSpec): void {
  const problem = limitsProblem(checkResult(backendManifestSchema, manifest, spec, "manifest").limits);
  if (problem === undefined) return;
  throw new SouthboundError("INTERNAL", "driver-broke-contract", `${spec.operation}: the driver's manifest is wrong: ${problem}`, { ...spec, outcome: "none" });
}

/** What is wrong between a manifest's limits (SB-MANIFEST-2), in words, or undefined. */
export function limitsProblem({ granularityBytes, minVolumeBytes, maxVolumeBytes }: BackendManifest["limits"]): string | undefined {
  if (minVolumeBytes % granularityBytes !== 0) return `minVolumeBytes ${minVolumeBytes} is no multiple of granularityBytes ${granularityBytes}`;
  if (maxVolumeBytes < minVolumeBytes) return `maxVolumeBytes ${maxVolumeBytes} is below minVolumeBytes ${minVolumeBytes}`;
  return undefined;
}
