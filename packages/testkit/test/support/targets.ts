import { openBackends, type DriverDefinition, type StorageBackend, type VolumeDriver } from "@opensds/core";
import { memoryReference, reference, type ReferenceConfig } from "@opensds/testkit/reference";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LiveTarget, TargetOptions } from "../../src/target/target.js";

/** What is done to a backend to break one rule: methods that take the place of its own. */
export type Sabotage = (backend: StorageBackend) => Partial<StorageBackend>;

type Reference = DriverDefinition<"reference", ReferenceConfig>;

function sabotaged(base: Reference, change: Sabotage): Reference {
  const connect: Reference["connect"] = async (config, ctx) => {
    const backend = await base.connect(config, ctx);
    return { ...backend, ...change(backend) };
  };
  return { ...base, connect };
}

async function openWith(definition: DriverDefinition, config: ReferenceConfig, options?: TargetOptions): Promise<VolumeDriver> {
  const file = { backends: { under_test: { reference_driver: config } } };
  const backends = await openBackends(file, { ...options, drivers: [definition] });
  return backends.get("under_test");
}

/** A target in memory, which only this process can open. */
export function memoryTarget(change: Sabotage = () => ({})): LiveTarget {
  const definition = sabotaged(memoryReference(), change);
  return { open: (options) => openWith(definition, { store: "memory" }, options) };
}

/** A target on files, opened in this process only. */
export function fileTarget(directory: string, change: Sabotage = () => ({})): LiveTarget {
  const definition = sabotaged(reference, change);
  return { open: (options) => openWith(definition, { dir: directory }, options) };
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
