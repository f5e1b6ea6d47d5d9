import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendName } from "@opensds/lab";
import { browserTests } from "./browser.js";
import { countConformance, countMutants, countSteps, countVitest } from "./read-reports.js";
import type { Counts } from "./result.js";
import { runCommand, runReporting } from "./run-command.js";

/** Tests that belong together and share a time budget. */
export interface Family {
  readonly name: string;
  readonly budgetSeconds: number;
  /** What it needs of the lab; Cinder has its volumes in the lab's Ceph, so that one is up too. */
  readonly lab?: BackendName | undefined;
  run(seed: string, full: boolean): Promise<Counts>;
}

/** Histories of racing docks that are checked on the real Ceph: each takes about twenty seconds. */
const sampledSequences = "4";
const allSequences = "20";
/** Histories of creates of one name in four processes, on the real Cinder: each takes two to five seconds. */
const sampledSchedules = "6";
const allSchedules = "500";

const node = process.execPath;
const vitestArgs = (reportFile: string): readonly string[] => ["run", "--reporter=dot", "--reporter=json", `--outputFile.json=${reportFile}`];
const quickstart = (...args: readonly string[]): Promise<Counts> => runCommand("tsx", ["scripts/quickstart/main.ts", ...args]);

/** Every family, in the order in which they run: what is cheap and says most comes first. */
export const families: readonly Family[] = [
  { name: "types", budgetSeconds: 60, run: () => runCommand("tsc", ["-b"]) },
  { name: "lint", budgetSeconds: 120, run: () => runCommand("eslint", [".", "--max-warnings", "0"]) },
  { name: "build", budgetSeconds: 60, run: () => runCommand(node, ["scripts/with-pnpm.mjs", "--build"]) },
  { name: "public surface", budgetSeconds: 90, run: () => runCommand("tsx", ["scripts/api/main.ts"]) },
  {
    name: "specification",
    budgetSeconds: 30,
    run: () => runCommand("tsx", ["--conditions=@opensds/source", "scripts/spec/check.ts"]),
  },
  { name: "unit", budgetSeconds: 600, run: () => runReporting("vitest", vitestArgs, countVitest) },
  { name: "docs", budgetSeconds: 60, run: () => runReporting("tsx", (reportFile) => ["scripts/docs/main.ts", "--json", reportFile], countSteps) },
  { name: "pages in a browser", budgetSeconds: 120, run: () => browserTests(vitestArgs) },
  { name: "fit to be published", budgetSeconds: 90, run: () => runCommand("tsx", ["scripts/packages/main.ts"]) },
  { name: "packed packages", budgetSeconds: 420, run: packed },
  { name: "release rehearsal", budgetSeconds: 240, run: rehearsal },
  { name: "conformance reference", budgetSeconds: 180, run: conformanceReference },
  { name: "mutants", budgetSeconds: 240, run: (seed, full) => mutants("reference", seed, full ? [] : ["--sample", "2"]) },
  { name: "quickstart reference", budgetSeconds: 30, run: () => quickstart() },
  { name: "live", budgetSeconds: 1_500, lab: "ceph", run: live },
  { name: "conformance ceph (native)", budgetSeconds: 400, lab: "ceph", run: (seed) => conformance(".lab/backends.yaml", "ceph-native", seed) },
  { name: "conformance ceph (cli)", budgetSeconds: 600, lab: "ceph", run: conformanceCephCli },
  { name: "mutants ceph", budgetSeconds: 300, lab: "ceph", run: (seed, full) => mutants("ceph", seed, ["--sample", full ? "12" : "0"]) },
  { name: "live cinder", budgetSeconds: 300, lab: "cinder", run: liveCinder },
  { name: "conformance cinder", budgetSeconds: 180, lab: "cinder", run: conformanceCinder },
  { name: "vm", budgetSeconds: 240, lab: "ceph", run: virtualMachine },
  { name: "quickstart ceph", budgetSeconds: 120, lab: "ceph", run: () => quickstart("--backend", "ceph") },
  { name: "quickstart cinder", budgetSeconds: 90, lab: "cinder", run: () => quickstart("--backend", "cinder") },
];

/** What an author gets: the packed packages, installed outside the workspace, on the oldest Node and one that the seed draws, or on all. */
function packed(seed: string, full: boolean): Promise<Counts> {
  return runReporting("vitest", vitestArgs, countVitest, { SB_PACKED: "1", SB_SEED: seed, SB_FULL: full ? "1" : "0" });
}

/** Versions, a registry of this machine's own, and installs from it: on this Node and on one that the seed draws, or on all. */
function rehearsal(seed: string, full: boolean): Promise<Counts> {
  const drawn = ["22", "24", "26"][Number(seed) % 3] ?? "24";
  const nodes = full ? "20,22,24,26" : `20,${drawn}`;
  return runReporting("tsx", (reportFile) => ["scripts/release/main.ts", "--nodes", nodes, "--json", reportFile], countSteps);
}

/** The suite against its broken drivers: the checks that each has to fail, and a sample of those that it has not; `--full`: all of them. */
function mutants(base: string, seed: string, extent: readonly string[]): Promise<Counts> {
  const args = (reportFile: string): readonly string[] => ["--import", "tsx", "mutants/src/main.ts", "--on", base, "--seed", seed, "--json", reportFile, ...extent];
  return runReporting(node, args, countMutants);
}

/** Everything that needs the real Ceph. */
function live(seed: string, full: boolean): Promise<Counts> {
  const env = { SB_LAB_LIVE: "1", SB_SEED: seed, SB_SEQUENCES: full ? allSequences : sampledSequences, SB_FULL: full ? "1" : "0" };
  return runReporting("vitest", vitestArgs, countVitest, env);
}

/** What the driver's own tests need the real Cinder for: creates that race and are killed, faults, OpenStack's own clients. */
function liveCinder(seed: string, full: boolean): Promise<Counts> {
  const env = { SB_LAB_CINDER: "1", SB_SEED: seed, SB_SCHEDULES: full ? allSchedules : sampledSchedules, SB_FULL: full ? "1" : "0" };
  return runReporting("vitest", vitestArgs, countVitest, env);
}

/** The suite on the real Cinder as an ordinary member: the part of it whose turn the seed says it is, or everything. */
function conformanceCinder(seed: string, full: boolean): Promise<Counts> {
  return conformance(".lab/backends.yaml", "cinder", seed, full ? [] : (cinderTurns[Number(seed) % cinderTurns.length] ?? []));
}

/** Each takes about a minute on a quiet machine, and the seed changes with every commit. Kills take longest, so they have two turns. */
const always = ["manifest", "create", "get", "list", "delete"];
const cinderTurns: readonly (readonly string[])[] = [
  ["--family", [...always, "attach", "names", "records", "snapshots", "contract", "expansion", "health", "leaks"].join(",")],
  ["--family", [...always, "mount", "errors", "sizes", "sources", "lifecycle", "imports", "doctor", "groups"].join(",")],
  ["--family", [...always, "data", "concurrency", "idempotency", "reconciliation", "pools"].join(",")],
  ["--only", ["CREATE-1", ...[1, 2, 3, 4, 11, 12].map((number) => `CRASH-${number}`)].join(",")],
  ["--only", ["CREATE-1", ...[5, 6, 7, 8, 9, 10, 13, 14, 15].map((number) => `CRASH-${number}`)].join(",")],
];

/** What needs a kernel with rbd, nbd, iSCSI and NVMe: in an emulated machine, so slowly. */
function virtualMachine(seed: string, full: boolean): Promise<Counts> {
  return runReporting("vitest", vitestArgs, countVitest, { SB_VM: "1", SB_SEED: seed, ...(full && { SB_FULL: "1" }) });
}

/**
 * The checks that every change runs on the slow, spawned transport; `--full` runs all. The rest have not all been seen on it yet.
 */
const checksOnCeph = [
  ...["MANIFEST-1", "MANIFEST-2", "MANIFEST-3", "LIFECYCLE-1", "LIFECYCLE-2", "LIFECYCLE-4", "CREATE-1", "CREATE-2", "CREATE-3", "CREATE-4"],
  ...["GET-1", "GET-2", "GET-3", "LIST-1", "LIST-2", "DELETE-1", "DELETE-2", "DELETE-3", "NAMES-1", "NAMES-2", "SIZES-1", "SIZES-2"],
  ...["ERRORS-1", "ERRORS-2", "CONTRACT-1", "ATTACH-1", "ATTACH-2", "ATTACH-3", "ATTACH-4", "ATTACH-6", "ATTACH-7", "ATTACH-9", "ATTACH-12"],
  ...["DATA-1", "DATA-2", "DATA-3", "MOUNT-1", "MOUNT-2", "MOUNT-3", "MOUNT-4", "MOUNT-6", "MOUNT-9", "RECORDS-1", "RECORDS-2", "RECORDS-4"],
  ...["CONCURRENCY-1", "CONCURRENCY-2", "CONCURRENCY-3", "CONCURRENCY-4"],
];

function conformanceCephCli(seed: string, full: boolean): Promise<Counts> {
  return conformance(".lab/backends.yaml", "ceph-cli", seed, full ? [] : ["--only", checksOnCeph.join(",")]);
}

function conformance(backendsFile: string, backend: string, seed: string, more: readonly string[] = []): Promise<Counts> {
  const args = (reportFile: string): readonly string[] => [
    "packages/testkit/dist/cli.js",
    ...["--backends", backendsFile, "--backend", backend, "--seed", seed, "--json", reportFile],
    ...more,
  ];
  return runReporting(node, args, countConformance);
}

/** The reference driver on a directory of its own, as an author would configure it. */
async function conformanceReference(seed: string, full: boolean): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "opensds-conformance-"));
  try {
    const volumes = join(folder, "volumes");
    await mkdir(volumes);
    const backendsFile = join(folder, "backends.yaml");
    const element = { reference: { module: "@opensds/testkit/reference", reference_driver: { dir: volumes } } };
    // JSON is YAML too.
    await writeFile(backendsFile, JSON.stringify({ host: { runtimeDir: join(folder, "run") }, backends: element }));
    return await conformance(backendsFile, "reference", seed, full ? ["--thorough", "--timeout", "900000"] : []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
