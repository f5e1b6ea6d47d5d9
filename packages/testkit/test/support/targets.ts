import { openBackends, type DriverDefinition, type StorageBackend, type VolumeDriver } from "@opensds/core";
import { memoryReference, type ReferenceConfig } from "@opensds/testkit/reference";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LiveTarget, TargetOptions } from "../../src/target/target.js";

async function openWith(definition: DriverDefinition, config: ReferenceConfig, options?: TargetOptions): Promise<VolumeDriver> {
  const file = { backends: { under_test: { reference_driver: config } } };
  const backends = await openBackends(file, { ...options, drivers: [definition] });
  return backends.get("under_test");
}

/** A target in memory, which only this process can open. `change` gives methods that take the place of the backend's own. */
export function memoryTarget(change: (backend: StorageBackend) => Partial<StorageBackend> = () => ({})): LiveTarget {
  const base = memoryReference();
  const connect: typeof base.connect = async (config, ctx) => {
    const backend = await base.connect(config, ctx);
    return { ...backend, ...change(backend) };
  };
  const definition = { ...base, connect };
  return { open: (options) => openWith(definition, { store: "memory" }, options) };
}

/** Runs with a directory of its own, removed afterwards. */
export async function withDirectory<Value>(work: (directory: string) => Promise<Value>): Promise<Value> {
  const directory = await mkdtemp(join(tmpdir(), "testkit-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
