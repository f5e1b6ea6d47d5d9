import { strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { GiB, type VolumeDriver } from "@opensds/core";
import { execa } from "execa";
import type { CephBench } from "./ceph-bench.js";
import { compare, each, spread } from "./ceph-compare.js";
import { toRow, type BenchRow } from "./row.js";

const name = (index: number): string => `listed-${String(index).padStart(6, "0")}`;
const atOnce = 32;
/** Lists of the peers in each round: one of theirs takes as long as twenty to forty of ours. */
const peersPerRound = 5;
/** Lists of ours that are not measured: a dock that has run for a while has compiled what it does often. The peer, compiled as it comes, lists once. */
const listsBefore = 10;
/** What streaming a long list may take beyond what a short one took. */
const memoryMiB = 64;

/** Lists with sizes and metadata: a thousand against opening each and `rbd ls -l`, ten thousand against that thousand. */
export async function benchList(bench: CephBench): Promise<readonly BenchRow[]> {
  const { amounts, driver, librbd, rbd, place } = bench;
  const [short, long] = amounts.listed;
  for await (const { id } of driver.listVolumes()) await driver.deleteVolume({ id });
  await removeOthers(bench);
  const fill = (first: number, count: number): Promise<void> =>
    spread(atOnce, first, count, (index) => driver.createVolume({ name: name(index), capacity: { requiredBytes: GiB } }));
  const expected = { count: short, bytes: short * GiB };
  await fill(0, short);
  for (let turn = 0; turn < listsBefore; turn += 1) same(await sumOf(driver), expected);
  same((await librbd.ask({ op: "look at all" })).value, expected);
  const rows = await compare(
    `listVolumes ${short}`,
    { rounds: amounts.rounds, perRound: amounts.calls },
    each(async () => same(await sumOf(driver), expected)),
    [
      {
        ...{ peerName: "librbd", peerVersion: librbd.version, target: 0.05, perRound: peersPerRound },
        side: async (_first, count) => {
          const all: number[] = [];
          for (let turn = 0; turn < count; turn += 1) {
            const { ms, value } = await librbd.ask({ op: "look at all" });
            same(value, expected);
            all.push(...ms);
          }
          return all;
        },
      },
      {
        ...{ peerName: "rbd ls -l", peerVersion: place.version, target: 0.05, perRound: peersPerRound },
        side: each(async () => {
          const listed: unknown = JSON.parse(await rbd("ls", "-l", "--format", "json"));
          strictEqual(Array.isArray(listed) && listed.length, short);
        }),
      },
    ],
  );
  const perVolume = (count: number) => async (): Promise<readonly number[]> => {
    const begin = performance.now();
    same(await sumOf(driver), { count, bytes: count * GiB });
    return [(1_000 * (performance.now() - begin)) / count];
  };
  // Both lists are of one pool: the shorter one is measured before the pool is filled up.
  const few: (readonly number[])[] = [];
  for (let round = 0; round < amounts.rounds; round += 1) few.push(await perVolume(short)());
  await fill(short, long - short);
  const many: (readonly number[])[] = [];
  for (let round = 0; round < amounts.rounds; round += 1) many.push(await perVolume(long)());
  const ofOne = { area: "ceph", case: `listVolumes ${long}, for each volume`, peerName: `listVolumes ${short}`, peerVersion: place.version, unit: "us", target: 1.2 } as const;
  return [...rows, toRow(ofOne, { ours: many, peer: few }), await memoryRow(bench, long)];
}

/** In a process of its own, which has listed nothing before. */
async function memoryRow({ place }: CephBench, count: number): Promise<BenchRow> {
  const { conf, user, keyring, pool, version } = place;
  const script = fileURLToPath(new URL("ceph-memory.ts", import.meta.url));
  const { stdout } = await execa(process.execPath, ["--expose-gc", "--import", "tsx", script, conf, user, keyring, pool]);
  const told: unknown = JSON.parse(stdout.split("\n").at(-1) ?? "");
  if (typeof told !== "object" || told === null || !("extraMiB" in told) || !("count" in told)) throw new Error(`no figures in ${stdout}`);
  strictEqual(told.count, count);
  const about = { area: "ceph", case: `listVolumes ${count}, extra memory while streaming`, peerName: `limit of ${memoryMiB} MiB`, peerVersion: version, unit: "MiB", target: 1 } as const;
  return toRow(about, { ours: [[Number(told.extraMiB)]], peer: [[memoryMiB]] });
}

async function sumOf(driver: VolumeDriver): Promise<{ readonly count: number; readonly bytes: number }> {
  let [count, bytes] = [0, 0];
  for await (const { sizeBytes } of driver.listVolumes()) {
    count += 1;
    bytes += sizeBytes ?? Number.NaN;
  }
  return { count, bytes };
}

/** A row counts only where both sides found the same. */
function same(found: unknown, expected: { readonly count: number; readonly bytes: number }): void {
  strictEqual(JSON.stringify(found), JSON.stringify(expected));
}

/** The images that the peers have left. */
async function removeOthers({ rbd }: CephBench): Promise<void> {
  const names = (await rbd("ls")).split("\n").filter((one) => one !== "");
  await spread(8, 0, names.length, (index) => rbd("rm", names[index] ?? "", "--no-progress"));
}
