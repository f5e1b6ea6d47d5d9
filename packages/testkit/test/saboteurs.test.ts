import { describe, expect, it } from "vitest";
import { runConformance } from "../src/run/run-conformance.js";
import type { ConformanceTarget } from "../src/target/target.js";
import { attachSaboteurs } from "./attach-saboteurs.js";
import { leakedSecret, saboteurs } from "./saboteurs.js";
import { fileTarget, memoryTarget, withDirectory } from "./support/targets.js";

const canMakeDevices = process.platform === "linux" && process.getuid?.() === 0;

/** The checks out of these that fail; without any named, out of all. */
async function failingChecks(target: ConformanceTarget, ids?: readonly string[]): Promise<readonly string[]> {
  const { results } = await runConformance(target, { seed: 1, secrets: [leakedSecret], select: { ids } });
  return results.filter(({ status }) => status === "failed").map(({ id }) => id);
}

describe("a driver that", () => {
  it.for(saboteurs)("$name is caught", async ({ make, caughtBy }) => {
    expect(await failingChecks(memoryTarget(make()), caughtBy)).toEqual(caughtBy);
  });

  it.for(attachSaboteurs)("$name is caught", { timeout: 120_000 }, async ({ make, caughtBy, needsDevice }, test) => {
    if (needsDevice === true && !canMakeDevices) test.skip("making block devices needs root on Linux");
    await withDirectory(async (directory) => {
      expect(await failingChecks(fileTarget(`${directory}/volumes`, make()), caughtBy)).toEqual(caughtBy);
    });
  });

  it("keeps every rule is not", async () => {
    expect(await failingChecks(memoryTarget())).toEqual([]);
  });
});
