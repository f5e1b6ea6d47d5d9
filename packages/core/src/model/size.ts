/** 1024 bytes. */
export const KiB = 1024;
/** 1024 KiB in bytes. */
export const MiB = 1024 * KiB;
/** 1024 MiB in bytes. */
export const GiB = 1024 * MiB;
/** 1024 GiB in bytes. */
export const TiB = 1024 * GiB;

/** Writes a number of bytes for people: `64 MiB`, `1.5 GiB`, `100 B`; exact bytes are added where the unit would round. */
export function formatBytes(bytes: number): string {
  const units = [
    ["TiB", TiB],
    ["GiB", GiB],
    ["MiB", MiB],
    ["KiB", KiB],
  ] as const;
  for (const [unit, size] of units) {
    if (bytes < size) continue;
    const whole = bytes / size;
    return Number.isInteger(whole) ? `${whole} ${unit}` : `${whole.toFixed(1)} ${unit} (${bytes} bytes)`;
  }
  return `${bytes} B`;
}
