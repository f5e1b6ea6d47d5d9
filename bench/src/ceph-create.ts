import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { GiB } from "@opensds/core";
import type { CephBench } from "./ceph-bench.js";
import { compare, each, inFlight, namesOf, spread } from "./ceph-compare.js";
import type { BenchRow } from "./row.js";

export const oursName = (index: number): string => `ours-${index}`;
export const librbdName = (index: number): string => `librbd-${index}`;
export const cliName = (index: number): string => `cli-${index}`;

const atOnce = 32;

/** A whole volume, with its reservation and record, against a bare image. */
export async function benchCreate({ amounts, driver, librbd, rbd, place }: CephBench): Promise<readonly BenchRow[]> {
  const amount = { rounds: amounts.rounds, perRound: amounts.calls };
  const rows = await compare(
    "createVolume",
    amount,
    each((index) => driver.createVolume({ name: oursName(index), capacity: { requiredBytes: GiB } })),
    [
      {
        ...{ peerName: "librbd", peerVersion: librbd.version, target: 1.4 },
        side: async (first, count) => (await librbd.ask({ op: "create", names: namesOf(librbdName, first, count), size: GiB })).ms,
      },
      { peerName: "rbd CLI", peerVersion: place.version, target: 0.35, side: each((index) => rbd("create", cliName(index), "--size", "1G")) },
    ],
  );
  await proveVolumes({ driver }, amount.rounds * amount.perRound, oursName);
  return rows;
}

/** Makes what `benchCreate` leaves, for figures that are taken without it. */
export async function fillAll({ amounts, driver, librbd, rbd }: CephBench): Promise<void> {
  const total = amounts.rounds * amounts.calls;
  await spread(8, 0, total, (index) => driver.createVolume({ name: oursName(index), capacity: { requiredBytes: GiB } }));
  await librbd.ask({ op: "create together", names: namesOf(librbdName, 0, total), size: GiB, threads: 8 });
  await spread(4, 0, total, (index) => rbd("create", cliName(index), "--size", "1G"));
}

/** What the crash checks ask of every volume holds of these too: there under its name and id, and nothing left beside it. */
export async function proveVolumes({ driver }: Pick<CephBench, "driver">, count: number, nameOf: (index: number) => string): Promise<void> {
  await spread(8, 0, count, async (index) => {
    const byName = await driver.getVolume({ name: nameOf(index) });
    strictEqual(byName.sizeBytes, GiB);
    deepStrictEqual(await driver.getVolume({ id: byName.id }), byName);
    const replayed = await driver.createVolume({ name: nameOf(index), capacity: { requiredBytes: GiB } });
    strictEqual(replayed.id, byName.id);
  });
  deepStrictEqual(await driver.reconciliation.reconcile(), []);
}

/** Creates with 32 under way, as milliseconds for each; all of one round are deleted before the next side begins. */
export async function benchCreatesInFlight({ amounts, driver, librbd, rbd, place }: CephBench): Promise<readonly BenchRow[]> {
  const amount = { rounds: amounts.rounds, perRound: amounts.batch };
  const name = (index: number): string => `flight-${oursName(index)}`;
  const rows = await compare(
    "createVolume, 32 in flight",
    amount,
    inFlight(atOnce, (index) => driver.createVolume({ name: name(index), capacity: { requiredBytes: GiB } })),
    [
      {
        ...{ peerName: "librbd", peerVersion: librbd.version, target: 1 / 0.65 },
        side: async (first, count) => {
          const names = namesOf((index) => `flight-${librbdName(index)}`, first, count);
          return (await librbd.ask({ op: "create together", names, size: GiB, threads: atOnce })).ms.map((ms) => ms / count);
        },
      },
      {
        ...{ peerName: "rbd CLI", peerVersion: place.version, target: 1 / 5 },
        side: inFlight(atOnce, (index) => rbd("create", `flight-${cliName(index)}`, "--size", "1G")),
      },
    ],
  );
  await proveVolumes({ driver }, amount.rounds * amount.perRound, name);
  return rows;
}
