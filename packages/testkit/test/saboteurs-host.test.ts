import type { VolumeDriver } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { runConformance } from "../src/run/run-conformance.js";
import type { LiveTarget } from "../src/target/target.js";
import { connectionSaboteurs, hostSaboteurs, type HostSaboteur } from "./host-saboteurs.js";
import { fileTarget, withDirectory } from "./support/targets.js";

const canMakeDevices = process.platform === "linux" && process.getuid?.() === 0;

/** A driver with some methods of another's. */
const changed = (driver: VolumeDriver, change: Partial<VolumeDriver>): VolumeDriver =>
  new Proxy(driver, { get: (target, key): unknown => Reflect.get(key in change ? change : target, key) });

function targetOf({ backend, driver }: HostSaboteur, directory: string): LiveTarget {
  const target = fileTarget(directory, backend?.());
  if (driver === undefined) return target;
  return {
    open: async () => {
      const opened = await target.open();
      return changed(opened, driver(opened));
    },
  };
}

/** Only the checks that are to notice are run: what else fails on a driver as broken as these is no matter. */
async function expectCaught(saboteur: HostSaboteur): Promise<void> {
  await withDirectory(async (directory) => {
    const { results } = await runConformance(targetOf(saboteur, `${directory}/volumes`), { seed: 1, select: { ids: saboteur.caughtBy } });
    // A check that a driver's mistakes make fail otherwise than by what it looks at proves nothing.
    expect(results.map(({ id, status }) => ({ id, status }))).toEqual(saboteur.caughtBy.map((id) => ({ id, status: "failed" })));
  });
}

describe("a driver that", () => {
  it.for(connectionSaboteurs)("$name is caught", { timeout: 60_000 }, expectCaught);
});

describe.skipIf(!canMakeDevices)("a driver that", () => {
  it.for(hostSaboteurs)("$name is caught", { timeout: 120_000 }, expectCaught);
});
