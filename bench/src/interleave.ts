import type { Rounds } from "./row.js";

/** How much to measure. */
export interface Amount {
  readonly rounds: number;
  readonly perRound: number;
}

/** Measures two sides in turns, so that whatever else the machine does falls on both. Times in milliseconds times `scale`. */
export async function interleave(
  { rounds, perRound }: Amount,
  ours: (index: number) => Promise<unknown>,
  peer: (index: number) => Promise<unknown>,
  scale = 1,
): Promise<Rounds> {
  const measured: { ours: number[][]; peer: number[][] } = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round += 1) {
    const first = round * perRound;
    measured.ours.push(await measure(perRound, first, ours, scale));
    measured.peer.push(await measure(perRound, first, peer, scale));
  }
  return measured;
}

async function measure(count: number, first: number, work: (index: number) => Promise<unknown>, scale: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = first; index < first + count; index += 1) {
    const begin = performance.now();
    await work(index);
    times.push((performance.now() - begin) * scale);
  }
  return times;
}
