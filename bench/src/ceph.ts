import { strictEqual } from "node:assert/strict";
import { GiB, openBackends, type VolumeDriver } from "@opensds/core";
import { ceph } from "@opensds/driver-ceph";
import { execa } from "execa";
import { interleave, type Amount } from "./interleave.js";
import { labCeph } from "./lab.js";
import { toRow, type BenchRow, type Rounds } from "./row.js";

const amount: Amount = { rounds: 5, perRound: 8 };
const listed = 50;

/** driver-ceph over the spawned commands, against those commands alone, as the same least-privilege user. */
export async function benchCeph(): Promise<readonly BenchRow[]> {
  const lab = await labCeph();
  const backends = await openBackends(lab.backendsFile, { drivers: [ceph] });
  const driver = backends.get("ceph");
  const rbd = async (...args: readonly string[]): Promise<string> =>
    (await execa("rbd", ["--conf", lab.conf, "--id", lab.user, "--pool", "dock", ...args])).stdout;
  const version = lab.version ?? "unknown";
  const row = (name: string, peerName: string, rounds: Rounds): BenchRow =>
    toRow({ area: "ceph", case: name, peerName, peerVersion: version, unit: "ms" }, rounds);
  await driver.setup();
  try {
    return [
      row("createVolume (cli)", "rbd CLI", await benchCreate(driver, rbd)),
      row("getVolume (cli)", "rbd CLI", await benchGet(driver, rbd)),
      row(`listVolumes ${listed} (cli)`, "rbd ls -l", await benchList(driver, rbd)),
      row("deleteVolume (cli)", "rbd CLI", await benchDelete(driver, rbd)),
    ];
  } finally {
    await backends.unset();
  }
}

type Rbd = (...args: readonly string[]) => Promise<string>;

const total = amount.rounds * amount.perRound;
const ourName = (index: number): string => `bench-${process.pid}-${index}`;
const theirName = (index: number): string => `bench-peer-${process.pid}-${index}`;

function benchCreate(driver: VolumeDriver, rbd: Rbd): Promise<Rounds> {
  return interleave(
    amount,
    (index) => driver.createVolume({ name: ourName(index), capacity: { requiredBytes: GiB } }),
    (index) => rbd("create", theirName(index), "--size", "1G"),
  );
}

async function benchGet(driver: VolumeDriver, rbd: Rbd): Promise<Rounds> {
  return interleave(
    amount,
    async (index) => strictEqual((await driver.getVolume({ name: ourName(index) })).sizeBytes, GiB),
    (index) => rbd("info", theirName(index), "--format", "json"),
  );
}

async function benchList(driver: VolumeDriver, rbd: Rbd): Promise<Rounds> {
  for (let index = total; index < listed; index += 1) {
    await driver.createVolume({ name: ourName(index), capacity: { requiredBytes: GiB } });
  }
  const ours = async (): Promise<void> => {
    let count = 0;
    for await (const volume of driver.listVolumes()) if (volume.name.startsWith(`bench-${process.pid}-`)) count += 1;
    strictEqual(count, Math.max(listed, total));
  };
  return interleave({ rounds: 3, perRound: 1 }, ours, () => rbd("ls", "-l", "--format", "json"));
}

async function benchDelete(driver: VolumeDriver, rbd: Rbd): Promise<Rounds> {
  const rounds = await interleave(
    amount,
    async (index) => {
      const { id } = await driver.getVolume({ name: ourName(index) });
      return driver.deleteVolume({ id });
    },
    (index) => rbd("rm", "--no-progress", theirName(index)),
  );
  for (let index = total; index < listed; index += 1) {
    await driver.deleteVolume({ id: (await driver.getVolume({ name: ourName(index) })).id });
  }
  return rounds;
}
