import { openBackends } from "@opensds/core";
import { memoryReference, reference, type ReferenceConfig, type ReferenceDefinition } from "@opensds/testkit/reference";
import { describe, expect, it } from "vitest";
import { runConformance } from "../src/run/run-conformance.js";
import type { LiveTarget } from "../src/target/target.js";
import { deviceSaboteurs } from "./facet-device-saboteurs.js";
import { memorySaboteurs, type FacetSaboteur } from "./facet-saboteurs.js";
import { withDirectory } from "./support/targets.js";

const canMakeDevices = process.platform === "linux" && process.getuid?.() === 0;

function sabotaged(base: ReferenceDefinition, config: ReferenceConfig, { make }: FacetSaboteur): LiveTarget {
  const change = make();
  const connect: ReferenceDefinition["connect"] = async (given, ctx) => {
    const backend = await base.connect(given, ctx);
    return { ...backend, ...change(backend) };
  };
  return {
    open: async () => {
      const backends = await openBackends({ backends: { under_test: { reference_driver: config } } }, { drivers: [{ ...base, connect }] });
      return backends.get("under_test");
    },
  };
}

async function failingChecks(target: LiveTarget, { families }: FacetSaboteur): Promise<readonly string[]> {
  const { results } = await runConformance(target, { seed: 1, select: { families } });
  return results.filter(({ status }) => status === "failed").map(({ id }) => id);
}

describe("a driver with a facet that", () => {
  it.for(memorySaboteurs)("$name is caught", async (saboteur) => {
    const target = sabotaged(memoryReference(), { store: "memory", trash: true }, saboteur);
    expect(await failingChecks(target, saboteur)).toEqual(saboteur.caughtBy);
  });

  it.for(deviceSaboteurs)("$name is caught", { timeout: 120_000 }, async (saboteur, test) => {
    if (!canMakeDevices) test.skip("making block devices needs root on Linux");
    await withDirectory(async (directory) => {
      const target = sabotaged(reference, { dir: `${directory}/volumes` }, saboteur);
      expect(await failingChecks(target, saboteur)).toEqual(saboteur.caughtBy);
    });
  });
});
