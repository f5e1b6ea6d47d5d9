// Run in a process of its own, by the Node version that is measured: core-guard.ts BACKENDS-FILE BACKEND; prints rows as JSON.
import { openBackends, type VolumeDriver } from "@opensds/core";
import { ceph } from "@opensds/driver-ceph";
import { openBareDriver, type BareDriver } from "./bare-driver.js";
import { guardShare } from "./guard-share.js";
import { interleave } from "./interleave.js";
import { toRow, type BenchRow } from "./row.js";

const [backendsFile = "", backend = "", version = ""] = process.argv.slice(2);
console.log(JSON.stringify(await main()));

async function main(): Promise<readonly BenchRow[]> {
  const bare = await openBareDriver();
  const real = await openBackends(backendsFile, { drivers: [ceph] });
  try {
    const cluster = real.get(backend);
    await cluster.setup();
    const share = { ...about("createVolume: what the guard adds", "getVolume on Ceph", "us"), peerVersion: version, target: 0.05 };
    return [await guardRow(bare), await guardShare(bare, cluster, share), await heapRow(bare.driver)];
  } finally {
    await bare.close();
    await real.unset();
  }
}

/** Guard and validation around the in-memory driver, against that driver alone. */
async function guardRow({ guardedCreate, bareCreate }: BareDriver): Promise<BenchRow> {
  await interleave({ rounds: 1, perRound: 2_000 }, guardedCreate, bareCreate);
  const rounds = await interleave({ rounds: 5, perRound: 2_000 }, guardedCreate, bareCreate, 1_000);
  return toRow(about("createVolume through the guard", "bare driver", "us"), rounds);
}

/** What 200,000 calls that share one long-lived signal leave on the heap. */
async function heapRow(driver: VolumeDriver): Promise<BenchRow> {
  const calls = 200_000;
  const { signal } = new AbortController();
  const heapMiB = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1024 ** 2;
  };
  for (let index = 0; index < 5_000; index += 1) await driver.getVolume({ name: "bench" }, { signal });
  const before = heapMiB();
  for (let index = 0; index < calls; index += 1) await driver.getVolume({ name: "bench" }, { signal });
  const after = heapMiB();
  return { ...toRow({ ...about(`getVolume ${calls} times on one signal: heap`, "heap before", "MiB"), target: 1.1 }, { ours: [[after]], peer: [[before]] }), n: calls };
}

function about(name: string, peerName: string, unit: BenchRow["unit"]): Pick<BenchRow, "area" | "case" | "peerName" | "peerVersion" | "unit"> {
  return { area: "core", case: `${name} (Node ${process.versions.node})`, peerName, peerVersion: process.version, unit };
}
