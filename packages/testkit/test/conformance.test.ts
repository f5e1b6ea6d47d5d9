import { allChecks } from "@opensds/testkit";
import { describeConformance } from "@opensds/testkit/vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { memoryTarget } from "./support/targets.js";

const directory = mkdtempSync(join(tmpdir(), "testkit-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

// What memory cannot have (devices, a second process) is not skipped over and over: the run on files below has every check.
const withoutNeeds = allChecks.filter(({ needs = [] }) => needs.length === 0).map(({ id }) => id);
describeConformance("the reference driver in memory", { target: memoryTarget(), select: { ids: withoutNeeds } });

describeConformance("the reference driver on files", {
  target: { backends: { backends: { files: { reference_driver: { dir: join(directory, "volumes") } } } }, backend: "files" },
});
