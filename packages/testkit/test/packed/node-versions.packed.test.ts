import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../src/run/random.js";
import { codeUnder, command, nodeOf, openWorkshop, succeed, type Workshop } from "./workshop.js";

/** The versions that the packages support, each pinned. */
const versions = ["20.20.2", "22.23.3", "24.21.0", "26.10.0"] as const;
const minimum = versions[0];

/** The oldest always, and one more that the seed draws; with SB_FULL all. */
function chosenVersions(): readonly string[] {
  if (process.env["SB_FULL"] === "1") return versions;
  const others = versions.filter((version) => version !== minimum);
  const drawn = others[createRandom(Number(process.env["SB_SEED"] ?? "1"), "node").integer(others.length)];
  return drawn === undefined ? [minimum] : [minimum, drawn];
}

const checksOf = (output: string): string => /Tests +(.*)/.exec(output)?.[1] ?? output.slice(-4_000);

let workshop: Workshop;
let project: string;
beforeAll(async () => {
  workshop = await openWorkshop();
  project = await workshop.project("ten-lines", { "conformance.test.js": await codeUnder("packages/testkit/README.md", "## In ten lines") });
  await workshop.install(project, "vitest@4.1.12");
});
afterAll(() => workshop.remove());

describe.each(versions)("on Node %s", (version) => {
  const whole = chosenVersions().includes(version);
  it(`the README's ten lines in an empty project are a running suite, ${whole ? "and it is green" : "and its first checks are green"}`, async () => {
    const node = await nodeOf(version);
    console.log(`the README's ten lines on Node ${await succeed(project, node, "-p", "process.version")}`);
    const some = whole ? [] : ["-t", "(MANIFEST|CREATE|LIST|ATTACH)-"];
    const output = await succeed(project, node, "node_modules/vitest/vitest.mjs", "run", "--reporter=verbose", ...some);
    expect(output).toMatch(/✓ .*CREATE-1 A created volume has what was asked for/);
    expect(checksOf(output)).toMatch(/^\d{2,} passed/);
    await rm(join(project, "volumes"), { recursive: true, force: true });
  });
});

describe.each(chosenVersions())("on Node %s", (version) => {
  it("Node's own test runner runs it too", async () => {
    const node = await nodeOf(version);
    const folder = await workshop.project(`node-test-${version}`, {
      "conformance.test.js": (await codeUnder("packages/testkit/README.md", "## In ten lines")).replace("@opensds/testkit/vitest", "@opensds/testkit/node-test").replace(`level: "basic"`, `ids: ["CREATE-1", "LIST-1", "TRASH-1"]`),
      "broken.test.js": [
        `import { describeConformance } from "@opensds/testkit/node-test";`,
        `import { memoryReference } from "@opensds/testkit/reference";`,
        `import { openBackends } from "@opensds/core";`,
        `const base = memoryReference();`,
        `const broken = { ...base, connect: async (config, ctx) => ({ ...(await base.connect(config, ctx)), deleteVolume: () => Promise.resolve() }) };`,
        `const open = async () => (await openBackends({ backends: { mine: { reference_driver: { store: "memory" } } } }, { drivers: [broken] })).get("mine");`,
        `describeConformance("broken", { target: { open }, select: { ids: ["DELETE-2"] } });`,
      ].join("\n"),
    });
    await workshop.install(folder);
    const good = await succeed(folder, node, "--test", "--test-reporter=tap", "conformance.test.js");
    expect(good).toMatch(/ok \d+ - CREATE-1 /);
    expect(good).toMatch(/ok \d+ - TRASH-1 .* # SKIP the reference backend has no trash/);
    expect(good).toMatch(/# pass 2\n[\s\S]*# skipped 1/);
    const bad = await command(folder, node, "--test", "--test-reporter=tap", "broken.test.js");
    expect(bad.code).not.toBe(0);
    expect(bad.output).toContain("SB-DELETE-3: A deleted volume is not found");
  });
});

describe.each([
  ["3.2.7", minimum],
  ["5.1.1", "24.21.0"],
] as const)("with vitest %s on Node %s", (vitest, version) => {
  it("shows what passed, what was skipped and why, and a failure's story", async () => {
    const node = await nodeOf(version);
    const folder = await workshop.project(`vitest-${vitest}`, {
      "conformance.test.js": [
        `import { describeConformance } from "@opensds/testkit/vitest";`,
        `import { memoryReference } from "@opensds/testkit/reference";`,
        `import { openBackends } from "@opensds/core";`,
        `const open = (driver) => async () => (await openBackends({ backends: { mine: { reference_driver: { store: "memory" } } } }, { drivers: [driver] })).get("mine");`,
        `const base = memoryReference();`,
        `const broken = { ...base, connect: async (config, ctx) => ({ ...(await base.connect(config, ctx)), deleteVolume: () => Promise.resolve() }) };`,
        `describeConformance("good", { target: { open: open(base) }, select: { ids: ["CREATE-1", "CONCURRENCY-2"] } });`,
        `describeConformance("broken", { target: { open: open(broken) }, select: { ids: ["DELETE-2"] }, seed: 5 });`,
        `describeConformance("empty", { target: { open: open(base) }, select: { ids: [] } });`,
      ].join("\n"),
    });
    await workshop.install(folder, `vitest@${vitest}`);
    const { code, output } = await command(folder, node, "node_modules/vitest/vitest.mjs", "run", "--reporter=verbose");
    expect(code).toBe(1);
    expect(output).toContain(`v${vitest}`);
    expect(output).toMatch(/✓ .*CREATE-1 /);
    expect(output).toMatch(/↓ .*CONCURRENCY-2 [\s\S]*the target is a live object/);
    expect(output).toMatch(/(×|FAIL) .*DELETE-2 /);
    expect(output).toContain("SB-DELETE-3: A deleted volume is not found");
    expect(output).toContain("no check was selected, so nothing was proved");
    expect(output).toContain("good: seed ");
    expect(output).toContain("seed      5");
    expect(checksOf(output)).toMatch(/2 failed .* 1 passed .* 1 skipped/);
  });
});
