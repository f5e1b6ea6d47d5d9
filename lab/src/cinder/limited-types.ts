const MiB = 2 ** 20;

/** What a type limits, in a driver's words. */
interface Limits {
  readonly iops?: number;
  readonly bytesPerSecond?: number;
}

/**
 * Types of volumes with limits, as an operator has them: those that the conformance suite asks for, where a type is all there is to set limits by, and
 * one so low that it shows.
 */
export const LIMITED_TYPES: Readonly<Record<string, Limits>> = {
  "rbd-1000": { iops: 1_000 },
  "rbd-64m": { bytesPerSecond: 64 * MiB },
  "rbd-164m": { bytesPerSecond: 164 * MiB },
  "rbd-1000-64m": { iops: 1_000, bytesPerSecond: 64 * MiB },
  "rbd-1000-65m": { iops: 1_000, bytesPerSecond: 65 * MiB },
  "rbd-1000-164m": { iops: 1_000, bytesPerSecond: 164 * MiB },
  "rbd-2m": { bytesPerSecond: 2 * MiB },
};

/** The same in Cinder's words; the RBD driver writes them on the image. */
export const qosSpecsOf = (name: string, { iops, bytesPerSecond }: Limits): Readonly<Record<string, string>> => ({
  name,
  consumer: "back-end",
  ...(iops !== undefined && { total_iops_sec: String(iops) }),
  ...(bytesPerSecond !== undefined && { total_bytes_sec: String(bytesPerSecond) }),
});
