// Run in a process of its own, by the Node version that is measured; prints rows as JSON.
import { openBackends, SouthboundError, silentLogger, type CallContext, type StorageBackend, type VolumeDriver } from "@opensds/core";
import { memoryReference } from "@opensds/testkit/reference";
import { interleave } from "./interleave.js";
import { toRow, type BenchRow } from "./row.js";

const sizeBytes = 1024 * 1024;
const request = { name: "bench", capacity: { requiredBytes: sizeBytes } };
const backendRequest = { name: "bench", sizeBytes, capacity: { requiredBytes: sizeBytes, limitBytes: null }, parameters: {} };
const { signal } = new AbortController();

const ctx: CallContext<"createVolume"> = {
  operation: "createVolume",
  signal,
  remainingMs: () => 60_000,
  log: silentLogger,
  step: () => Promise.resolve(),
  fail: (code, reason, message, info) => new SouthboundError(code, reason, message, info),
};

console.log(JSON.stringify(await main()));

async function main(): Promise<readonly BenchRow[]> {
  const definition = memoryReference();
  let bare: StorageBackend | undefined;
  const recording = {
    ...definition,
    connect: async (...args: Parameters<typeof definition.connect>) => {
      const backend = await definition.connect(...args);
      bare = backend;
      return backend;
    },
  };
  const backends = await openBackends({ backends: { bench: { reference_driver: { store: "memory" } } } }, { drivers: [recording] });
  const driver = backends.get("bench");
  await driver.setup();
  if (bare === undefined) throw new Error("the driver did not connect");
  const rows = [await guardRow(driver, bare), await heapRow(driver)];
  await backends.unset();
  return rows;
}

/** Guard and validation around the in-memory driver, with a signal, a timeout, the check of the answer and the registry. */
async function guardRow(driver: VolumeDriver, bare: StorageBackend): Promise<BenchRow> {
  const guarded = (): Promise<unknown> => driver.createVolume(request, { signal, timeoutMs: 60_000 });
  const direct = (): Promise<unknown> => bare.createVolume(backendRequest, ctx);
  await interleave({ rounds: 1, perRound: 2_000 }, guarded, direct);
  const rounds = await interleave({ rounds: 5, perRound: 2_000 }, guarded, direct, 1_000);
  return toRow(about("createVolume through the guard", "bare driver", "us"), rounds);
}

/** What 200,000 calls that share one long-lived signal leave on the heap. */
async function heapRow(driver: VolumeDriver): Promise<BenchRow> {
  const calls = 200_000;
  const heapMiB = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1024 ** 2;
  };
  for (let index = 0; index < 5_000; index += 1) await driver.getVolume({ name: "bench" }, { signal });
  const before = heapMiB();
  for (let index = 0; index < calls; index += 1) await driver.getVolume({ name: "bench" }, { signal });
  const after = heapMiB();
  return { ...toRow(about(`getVolume ${calls} times on one signal: heap`, "heap before", "MiB"), { ours: [[after]], peer: [[before]] }), n: calls };
}

function about(name: string, peerName: string, unit: BenchRow["unit"]): Pick<BenchRow, "area" | "case" | "peerName" | "peerVersion" | "unit"> {
  return { area: "core", case: `${name} (Node ${process.versions.node})`, peerName, peerVersion: process.version, unit };
}
