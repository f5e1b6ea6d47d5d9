import { GiB, type VolumeDriver } from "@opensds/core";
import type { BareDriver } from "./bare-driver.js";
import { interleave } from "./interleave.js";
import { quantiles, toRow, type BenchRow } from "./row.js";

const usPerMs = 1_000;

/** What the guard adds to a createVolume, beside one getVolume on a real backend: how little of a real call the guard is. */
export async function guardShare({ guardedCreate, bareCreate }: BareDriver, real: VolumeDriver, about: Omit<BenchAbout, "unit">): Promise<BenchRow> {
  const volume = await real.createVolume({ name: `bench-guard-${process.pid}`, capacity: { requiredBytes: GiB } });
  try {
    const get = (): Promise<unknown> => real.getVolume({ id: volume.id });
    const nothing = (): Promise<void> => Promise.resolve();
    await interleave({ rounds: 1, perRound: 2_000 }, guardedCreate, bareCreate);
    const rounds: { ours: number[][]; peer: number[][] } = { ours: [], peer: [] };
    for (let round = 0; round < 5; round += 1) {
      const creates = await interleave({ rounds: 1, perRound: 2_000 }, guardedCreate, bareCreate, usPerMs);
      const bareUs = quantiles(creates.peer.flat()).p50;
      rounds.ours.push(creates.ours.flat().map((us) => us - bareUs));
      rounds.peer.push((await interleave({ rounds: 1, perRound: 200 }, get, nothing, usPerMs)).ours.flat());
    }
    return toRow({ ...about, unit: "us" }, rounds);
  } finally {
    await real.deleteVolume({ id: volume.id });
  }
}

type BenchAbout = Pick<BenchRow, "area" | "case" | "peerName" | "peerVersion" | "unit" | "target">;
