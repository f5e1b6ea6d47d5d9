import type { Amount } from "./interleave.js";
import { toRow, type BenchRow } from "./row.js";

/** Measures one round: `count` items from `first` on; fulfils with the round's figures. */
export type Side = (first: number, count: number) => Promise<readonly number[]>;

/** What ours is measured against. */
export interface Peer {
  readonly peerName: string;
  readonly peerVersion: string;
  /** The ratio that is not to be exceeded. */
  readonly target?: number;
  readonly side: Side;
  /** Calls in each round, of a peer whose calls take so long that fewer than ours must do. */
  readonly perRound?: number;
}

/** Measures ours and every peer in turns, so that whatever else the machine does falls on all; a row for each peer. */
export async function compare(name: string, { rounds, perRound }: Amount, ours: Side, peers: readonly Peer[], unit: BenchRow["unit"] = "ms"): Promise<readonly BenchRow[]> {
  const measured: (readonly number[])[] = [];
  const theirs = peers.map((peer) => ({ peer, rounds: [] as (readonly number[])[] }));
  for (let round = 0; round < rounds; round += 1) {
    const first = round * perRound;
    measured.push(await ours(first, perRound));
    for (const { peer, rounds: figures } of theirs) figures.push(await peer.side(first, peer.perRound ?? perRound));
  }
  return theirs.map(({ peer: { peerName, peerVersion, target }, rounds: figures }) => {
    const about = { area: "ceph", case: name, peerName, peerVersion, unit, ...(target !== undefined && { target }) } as const;
    return toRow(about, { ours: measured, peer: figures });
  });
}

/** One after the other, each timed by itself. */
export const each =
  (work: (index: number) => Promise<unknown>): Side =>
  async (first, count) => {
    const times: number[] = [];
    for (let index = first; index < first + count; index += 1) times.push(await timeOf(() => work(index)));
    return times;
  };

/** One after the other, each timed by itself; whether it found what is there is looked at beside the clock. */
export const eachChecked =
  <Found>(work: (index: number) => Promise<Found>, check: (found: Found, index: number) => void): Side =>
  async (first, count) => {
    const times: number[] = [];
    for (let index = first; index < first + count; index += 1) {
      const begin = performance.now();
      const found = await work(index);
      times.push(performance.now() - begin);
      check(found, index);
    }
    return times;
  };

/** All of the round with so many under way, as milliseconds for each. */
export const inFlight =
  (atOnce: number, work: (index: number) => Promise<unknown>): Side =>
  async (first, count) => [(await timeOf(() => spread(atOnce, first, count, work))) / count];

/** Works on `count` items from `first` on, so many at once. */
export async function spread(atOnce: number, first: number, count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = first;
  const worker = async (): Promise<void> => {
    while (next < first + count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}

export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** The names of a round. */
export const namesOf = (nameOf: (index: number) => string, first: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => nameOf(first + index));
