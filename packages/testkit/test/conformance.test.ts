import { describeConformance } from "@opensds/testkit/vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { memoryTarget } from "./support/targets.js";

const directory = mkdtempSync(join(tmpdir(), "testkit-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describeConformance("the reference driver in memory", { target: memoryTarget() });

describeConformance("the reference driver on files", {
  target: { backends: { backends: { files: { reference_driver: { dir: join(directory, "volumes") } } } }, backend: "files" },
});
