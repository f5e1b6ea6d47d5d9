import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackends, type CallContext, type DriverDefinition, type StorageBackend, type VolumeDriver } from "@opensds/core";
import { memoryReference, reference, type ReferenceConfig, type ReferenceDefinition } from "@opensds/testkit/reference";
import { withFaults, type Faults } from "../../src/faults/index.js";
import type { Step } from "./commands.js";
import { driverCaller } from "./driver-caller.js";
import type { Entry } from "./history.js";
import { runSequence } from "./run-sequence.js";
import { createTurns } from "./turns.js";

/** Methods that take the place of a backend's own, to break it. Made anew for each dock. */
export type Sabotage = (backend: StorageBackend) => Partial<StorageBackend>;

const honest: Sabotage = () => ({});

/** How many docks drive one store, each with a guard of its own. */
export const docks = 4;

function sabotaged(base: ReferenceDefinition, change: Sabotage): DriverDefinition<"reference", ReferenceConfig> {
  return {
    ...base,
    connect: async (config, ctx: CallContext<"setup">) => {
      const backend = await base.connect(config, ctx);
      return { ...backend, ...change(backend) };
    },
  };
}

async function open(definition: DriverDefinition, config: ReferenceConfig, onStep?: () => Promise<void>): Promise<VolumeDriver> {
  const backends = await openBackends({ backends: { ssd: { reference_driver: config } } }, { drivers: [definition], onStep });
  const driver = backends.get("ssd");
  await driver.setup();
  return driver;
}

/** Milliseconds that the dock of which replies are lost gives its calls. */
const impatientMs = 60;

/** Some replies are lost, some writes land after their caller has given up. */
function lossy(chance: () => number): Faults {
  const lost = { when: "after-applied", code: "UNAVAILABLE", always: true, match: () => chance() < 0.08 } as const;
  const late = { when: "late-applied", afterMs: 2 * impatientMs, always: true, match: () => chance() < 0.04 } as const;
  const both = [lost, late] as const;
  return { createVolume: both, deleteVolume: both, connectVolume: both, disconnectVolume: both };
}

/** Four docks on one directory. They race for real; the last one loses replies. */
export async function onFiles(sequence: readonly (Step | null)[], chance: () => number, sabotage = honest): Promise<readonly Entry[]> {
  const dir = await mkdtemp(join(tmpdir(), "opensds-linearizability-"));
  const opened: VolumeDriver[] = [];
  try {
    for (let dock = 0; dock < docks; dock += 1) {
      const definition = sabotaged(reference, sabotage);
      opened.push(await open(dock === docks - 1 ? withFaults(definition, lossy(chance)) : definition, { dir }));
    }
    const callers = opened.map((driver, dock) => driverCaller(driver, dock === docks - 1 ? { timeoutMs: impatientMs } : {}));
    return await runSequence(sequence, callers);
  } finally {
    await Promise.all(opened.map((driver) => driver.unset()));
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Four docks on one store in memory, whose turns are dealt out: the same sequence and chance give the same history. */
export async function inMemory(sequence: readonly (Step | null)[], chance: () => number, sabotage = honest): Promise<readonly Entry[]> {
  const shared = memoryReference();
  const turns = createTurns(chance);
  const callers = [];
  for (let dock = 0; dock < docks; dock += 1) {
    const definition = sabotaged(shared, sabotage);
    const lost = { when: "after-applied", code: "UNAVAILABLE", always: true, match: () => chance() < 0.08 } as const;
    const faulty = withFaults(definition, dock === docks - 1 ? { createVolume: [lost], deleteVolume: [lost] } : {});
    let racing = false;
    const driver = await open(faulty, { store: "memory" }, () => (racing ? turns.wait() : Promise.resolve()));
    racing = true;
    callers.push(driverCaller(driver));
  }
  return turns.until(runSequence(sequence, callers, () => turns.wait()));
}
