import { strictEqual } from "node:assert/strict";
import { GiB, volumeId, type Volume, type VolumeId } from "@opensds/core";
import type { CephBench } from "./ceph-bench.js";
import { compare, each, namesOf, spread, timeOf } from "./ceph-compare.js";
import { cliName, librbdName, oursName } from "./ceph-create.js";
import type { BenchRow } from "./row.js";

const atOnce = 32;

const objectsIn = async ({ librbd }: Pick<CephBench, "librbd">): Promise<number> => Number((await librbd.ask({ op: "objects" })).value);
const drained = ({ librbd }: Pick<CephBench, "librbd">, count: number): Promise<unknown> => librbd.ask({ op: "wait for objects", count });

/** Until the answer: the name is free, the data is out of reach. What is purged later is waited for, so that it slows no peer. */
export async function benchDelete(bench: CephBench): Promise<readonly BenchRow[]> {
  const { amounts, driver, librbd, rbd, place } = bench;
  const total = amounts.rounds * amounts.calls;
  const volumes: Volume[] = [];
  for (let index = 0; index < total; index += 1) volumes.push(await driver.getVolume({ name: oursName(index) }));
  const perVolume = await objectsOfOne(bench);
  const rows = await compare(
    "deleteVolume",
    { rounds: amounts.rounds, perRound: amounts.calls },
    async (first, count) => {
      const before = await objectsIn(bench);
      const times = await each((index) => driver.deleteVolume({ id: volumes[index]?.id ?? volumeId("") }))(first, count);
      await drained(bench, before - count * perVolume);
      return times;
    },
    [
      {
        ...{ peerName: "librbd", peerVersion: librbd.version, target: 1.5 },
        side: async (first, count) => (await librbd.ask({ op: "trash", names: namesOf(librbdName, first, count) })).ms,
      },
      { peerName: "rbd CLI", peerVersion: place.version, target: 0.4, side: each((index) => rbd("rm", cliName(index), "--no-progress")) },
    ],
  );
  for await (const { name } of driver.listVolumes()) strictEqual(name.startsWith("ours-"), false, `${name} is still listed`);
  await librbd.ask({ op: "purge trash", threads: atOnce });
  return rows;
}

/** From the first delete until nothing of the volumes is in the pool, against removing images with as many at once. */
export async function benchDrain(bench: CephBench): Promise<readonly BenchRow[]> {
  const { amounts, driver, librbd } = bench;
  const { batch } = amounts;
  const ours = (index: number): string => `drain-${oursName(index)}`;
  const theirs = (index: number): string => `drain-${librbdName(index)}`;
  return compare(
    `deleteVolume ${batch} until the pool's objects are gone, 32 in flight`,
    { rounds: amounts.rounds, perRound: batch },
    async (first, count) => {
      const before = await objectsIn(bench);
      const ids: VolumeId[] = [];
      await spread(atOnce, first, count, async (index) => ids.push((await driver.createVolume({ name: ours(index), capacity: { requiredBytes: GiB } })).id));
      const ms = await timeOf(async () => {
        await spread(atOnce, 0, count, (index) => driver.deleteVolume({ id: ids[index] ?? volumeId("") }));
        await drained(bench, before);
      });
      return [ms];
    },
    [
      {
        ...{ peerName: "librbd", peerVersion: librbd.version, target: 1 },
        side: async (first, count) => {
          const names = namesOf(theirs, first, count);
          const before = await objectsIn(bench);
          await librbd.ask({ op: "create together", names, size: GiB, threads: atOnce });
          const ms = await timeOf(async () => {
            await librbd.ask({ op: "remove together", names, threads: atOnce });
            await drained(bench, before);
          });
          return [ms];
        },
      },
    ],
  );
}

/** How many objects a volume without data has. */
async function objectsOfOne(bench: CephBench): Promise<number> {
  const before = await objectsIn(bench);
  const { id } = await bench.driver.createVolume({ name: "one", capacity: { requiredBytes: GiB } });
  const count = (await objectsIn(bench)) - before;
  await bench.driver.deleteVolume({ id });
  await drained(bench, before);
  return count;
}
