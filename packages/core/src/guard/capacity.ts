import type { BackendManifest } from "../driver/manifest.js";
import { formatBytes, GiB } from "../model/size.js";
import type { CapacityRange } from "../model/volume.js";

/** What a create or a growth shall make, or why not. */
export type ResolvedCapacity =
  | { readonly sizeBytes: number; readonly requiredBytes: number; readonly limitBytes: number | null }
  | { readonly code: "INVALID_ARGUMENT" | "OUT_OF_RANGE"; readonly problem: string };

/** The size where a request gives only a limit: as much as that, up to this. */
const ampleBytes = GiB;

/**
 * Settles the size of a volume (SB-SIZE-1): at least `requiredBytes`, at most `limitBytes`, a multiple of the backend's
 * granularity, within its limits. The one place where this is decided: CSI drivers that each did it differ (a MiB taken for a
 * byte once shrank volumes; limits were not read at all).
 */
export function resolveCapacity(capacity: CapacityRange, limits: BackendManifest["limits"]): ResolvedCapacity {
  const { requiredBytes, limitBytes } = capacity;
  if (requiredBytes === undefined && limitBytes === undefined) {
    return { code: "INVALID_ARGUMENT", problem: "capacity gives neither requiredBytes nor limitBytes" };
  }
  for (const [field, bytes] of [["requiredBytes", requiredBytes], ["limitBytes", limitBytes]] as const) {
    const wrong = bytes === undefined ? undefined : bytesProblem(field, bytes);
    if (wrong !== undefined) return wrong;
  }
  if (requiredBytes !== undefined && limitBytes !== undefined && requiredBytes > limitBytes) {
    return { code: "INVALID_ARGUMENT", problem: `requiredBytes ${requiredBytes} is above limitBytes ${limitBytes}` };
  }

  const { granularityBytes, minVolumeBytes, maxVolumeBytes } = limits;
  const roundUp = (bytes: number): number => Math.ceil(bytes / granularityBytes) * granularityBytes;
  const roundDown = (bytes: number): number => Math.floor(bytes / granularityBytes) * granularityBytes;
  const wanted = requiredBytes ?? Math.min(roundDown(limitBytes ?? 0), ampleBytes);
  const sizeBytes = Math.max(roundUp(wanted), roundUp(minVolumeBytes));

  if (sizeBytes > maxVolumeBytes) {
    return { code: "OUT_OF_RANGE", problem: `${formatBytes(wanted)} is above this backend's maximum of ${formatBytes(maxVolumeBytes)}` };
  }
  if (limitBytes !== undefined && sizeBytes > limitBytes) {
    const rule = `this backend makes volumes of at least ${formatBytes(minVolumeBytes)} in steps of ${formatBytes(granularityBytes)}`;
    return { code: "OUT_OF_RANGE", problem: `no size from ${requiredBytes ?? 1} to ${limitBytes} bytes fits: ${rule}` };
  }
  return { sizeBytes, requiredBytes: requiredBytes ?? 0, limitBytes: limitBytes ?? null };
}

function bytesProblem(field: string, bytes: unknown): Extract<ResolvedCapacity, { code: string }> | undefined {
  if (typeof bytes !== "number" || !Number.isInteger(bytes) || bytes <= 0) {
    return { code: "INVALID_ARGUMENT", problem: `capacity.${field} is ${String(bytes)}; give a whole number of bytes above 0` };
  }
  if (!Number.isSafeInteger(bytes)) {
    return { code: "OUT_OF_RANGE", problem: `capacity.${field} is ${bytes}; sizes go up to ${Number.MAX_SAFE_INTEGER} bytes` };
  }
  return undefined;
}
