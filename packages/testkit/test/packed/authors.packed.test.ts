import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, openWorkshop, succeed, type Workshop } from "./workshop.js";

const kinds = ["shelf", "acme"] as const;
const leftBehind = kinds.flatMap((kind) => [`/tmp/opensds-${kind}`, `/tmp/opensds-${kind}-run`]);

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(async () => {
  await workshop.remove();
  for (const path of leftBehind) await rm(path, { recursive: true, force: true });
});

describe("an author", { timeout: 400_000 }, () => {
  it("builds and checks the example driver with the packed packages", async () => {
    const project = await workshop.projectFrom("third-party-driver", "examples/third-party-driver");
    await workshop.install(project);
    const output = await succeed(project, "npm", "run", "conformance", "--silent", "--", "--seed", process.env["SB_SEED"] ?? "1", "--json", "report.json");
    expect(output).toMatch(/\n\d+ passed, 0 failed, \d+ skipped\n$/);
    const report: unknown = JSON.parse(await readFile(join(project, "report.json"), "utf8"));
    // What is left out is left out by the driver, which has no facets; without root nothing can be said about devices.
    expect(report).toMatchObject({ ok: true, backend: { kind: "shelf" }, ...(process.getuid?.() === 0 && { level: "full" }) });
  });

  it("makes a driver with init in an empty folder, and its tests are green as they are", async () => {
    const start = await workshop.project("start", {});
    await workshop.install(start);
    await succeed(start, "npx", "opensds-conformance", "init", "opensds-driver-acme");
    const project = join(start, "opensds-driver-acme");
    await workshop.install(project);
    // The whole suite has run on the driver that this one is a copy of, in the test above.
    const output = await succeed(project, "npm", "test", "--silent", "--", "-t", "(CREATE|LIST|DELETE|ATTACH|DATA|CRASH)-");
    expect(output).toMatch(/Tests +\d{2} passed \| \d+ skipped/);
    expect(output).not.toContain("shelf");

    const again = await command(start, "npx", "opensds-conformance", "init", "opensds-driver-acme");
    expect(again.code).toBe(2);
    expect(again.output).toContain("nothing was written");
    const workflow = await readFile(join(project, ".github/workflows/ci.yml"), "utf8");
    expect(workflow).toContain("node_modules/@opensds/testkit/bin/opensds-conformance.js");
  });
});
