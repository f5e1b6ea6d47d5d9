import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runConformance } from "../src/run/run-conformance.js";
import { workerPath } from "../src/worker-path.js";
import { withDirectory } from "./support/targets.js";

const opener = fileURLToPath(new URL("support/patient-opener.mjs", import.meta.url));

describe.skipIf(workerPath() === undefined)("what a killed operation left", () => {
  it("is waited for where a driver finds it only when the operation's deadline has passed", { timeout: 60_000 }, async () => {
    await withDirectory(async (directory) => {
      const backends = { backends: { patient: { reference_driver: { dir: join(directory, "volumes") } } } };
      const report = await runConformance({ backends, backend: "patient", opener }, { select: { ids: ["RECONCILIATION-1"] } });
      expect(report.results).toMatchObject([{ status: "passed" }]);
    });
  });
});
