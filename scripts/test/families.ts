import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countConformance, countVitest } from "./read-reports.js";
import type { Counts } from "./result.js";
import { runCommand, runReporting } from "./run-command.js";

/** Tests that belong together and share a time budget. */
export interface Family {
  readonly name: string;
  readonly budgetSeconds: number;
  /** Whether it needs the lab's Ceph. */
  readonly lab: boolean;
  run(seed: string): Promise<Counts>;
}

const node = process.execPath;
const vitestArgs = (reportFile: string): readonly string[] => ["run", "--reporter=dot", "--reporter=json", `--outputFile.json=${reportFile}`];
const quickstart = (...args: readonly string[]): Promise<Counts> => runCommand("tsx", ["scripts/quickstart/main.ts", ...args]);

/** Every family, in the order in which they run: what is cheap and says most comes first. */
export const families: readonly Family[] = [
  { name: "types", budgetSeconds: 60, lab: false, run: () => runCommand("tsc", ["-b"]) },
  { name: "lint", budgetSeconds: 120, lab: false, run: () => runCommand("eslint", [".", "--max-warnings", "0"]) },
  { name: "build", budgetSeconds: 60, lab: false, run: () => runCommand(node, ["scripts/with-pnpm.mjs", "--build"]) },
  { name: "public surface", budgetSeconds: 90, lab: false, run: () => runCommand("tsx", ["scripts/api/main.ts"]) },
  {
    name: "specification",
    budgetSeconds: 30,
    lab: false,
    run: () => runCommand("tsx", ["--conditions=@opensds/source", "scripts/spec/check.ts"]),
  },
  { name: "unit", budgetSeconds: 300, lab: false, run: () => runReporting("vitest", vitestArgs, countVitest) },
  { name: "conformance reference", budgetSeconds: 180, lab: false, run: conformanceReference },
  { name: "quickstart reference", budgetSeconds: 30, lab: false, run: () => quickstart() },
  { name: "live", budgetSeconds: 900, lab: true, run: () => runReporting("vitest", vitestArgs, countVitest, { SB_LAB_LIVE: "1" }) },
  { name: "conformance ceph (cli)", budgetSeconds: 600, lab: true, run: (seed) => conformance(".lab/backends.yaml", "ceph", seed) },
  { name: "quickstart ceph", budgetSeconds: 120, lab: true, run: () => quickstart("--backend", "ceph") },
];

function conformance(backendsFile: string, backend: string, seed: string): Promise<Counts> {
  const args = (reportFile: string): readonly string[] => [
    "packages/testkit/dist/cli.js",
    ...["--backends", backendsFile, "--backend", backend, "--seed", seed, "--json", reportFile],
  ];
  return runReporting(node, args, countConformance);
}

/** The reference driver on a directory of its own, as an author would configure it. */
async function conformanceReference(seed: string): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "opensds-conformance-"));
  try {
    const volumes = join(folder, "volumes");
    await mkdir(volumes);
    const backendsFile = join(folder, "backends.yaml");
    const element = { reference: { module: "@opensds/testkit/reference", reference_driver: { dir: volumes } } };
    // JSON is YAML too.
    await writeFile(backendsFile, JSON.stringify({ host: { runtimeDir: join(folder, "run") }, backends: element }));
    return await conformance(backendsFile, "reference", seed);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
