/** One figure, side by side with its peer. Below 1 is better. */
export interface BenchRow {
  readonly area: "core" | "ceph" | "cinder";
  /** Begins with the operation. */
  readonly case: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly peerVersion: string;
  readonly ratio: number;
  /** What the ratio is not to exceed; absent where the figure is only reported. */
  readonly target?: number;
  readonly unit: "us" | "ms" | "MiB";
  /** Measurements behind each median. */
  readonly n: number;
  readonly p95: number;
  /** How far the rounds' medians of ours lie apart, as a share of their median. */
  readonly spread: number;
}

/** The median and the 95th percentile of measurements. */
export function quantiles(values: readonly number[]): { readonly p50: number; readonly p95: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95) };
}

/** What two interleaved sides measured, round by round, each in the row's unit. */
export interface Rounds {
  readonly ours: readonly (readonly number[])[];
  readonly peer: readonly (readonly number[])[];
}

/** Makes a row of interleaved rounds: the median of the rounds' medians. */
export function toRow(about: Pick<BenchRow, "area" | "case" | "peerName" | "peerVersion" | "unit" | "target">, rounds: Rounds): BenchRow {
  const medians = (side: readonly (readonly number[])[]): readonly number[] => side.map((round) => quantiles(round).p50);
  const oursMedians = medians(rounds.ours);
  const ours = quantiles(oursMedians).p50;
  const peer = quantiles(medians(rounds.peer)).p50;
  const all = rounds.ours.flat();
  return {
    ...about,
    ours,
    peer,
    ratio: ours / peer,
    n: all.length,
    p95: quantiles(all).p95,
    spread: (Math.max(...oursMedians) - Math.min(...oursMedians)) / ours,
  };
}
