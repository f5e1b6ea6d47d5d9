import { allChecks } from "@opensds/testkit";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countConformance, countMutants } from "./read-reports.js";
import { total, type Counts } from "./result.js";
import { runReporting } from "./run-command.js";

const node = process.execPath;

/** One draw for every run: a check that no whole run has tried on a mutant yet may fail on it, which says nothing of a change. */
const drawOfMutants = "1";

/** The suite against its broken drivers: the checks that each has to fail, and a sample of those that it has not; `--full`: all of them. */
export function mutants(base: string, extent: readonly string[]): Promise<Counts> {
  const args = (reportFile: string): readonly string[] => ["--import", "tsx", "mutants/src/main.ts", "--on", base, "--seed", drawOfMutants, "--json", reportFile, ...extent];
  return runReporting(node, args, countMutants);
}

/** The suite on the real Cinder as an ordinary member: the part of it whose turn the seed says it is, or everything. */
export function conformanceCinder(seed: string, full: boolean): Promise<Counts> {
  const turn = cinderTurns[Number(seed) % cinderTurns.length];
  const checks = full ? [] : (turn?.checks ?? []);
  return conformance(".lab/backends.yaml", full ? "cinder-full" : (turn?.backend ?? "cinder"), seed, [...slowLimit, ...checks]);
}

/**
 * Two minutes are not enough where every call starts commands, of which a kill check makes hundreds, nor where a volume is no smaller than a
 * GiB, of which SOURCES-4 reads twelve: about a minute on a quiet machine, over two on a busy one.
 */
const slowLimit = ["--timeout", "300000"];

/** Some of the suite's checks on one of Cinder's backends. */
interface CinderTurn {
  /** `cinder-full` is told of what the operator made for groups and limits, and has these facets too. */
  readonly backend: "cinder" | "cinder-full";
  readonly checks: readonly string[];
}

/** Each takes about a minute on a quiet machine, and the seed changes with every commit. Kills take longest, so they have three turns. */
const always = ["manifest", "create", "get", "list", "delete"];
const crashes = (...numbers: readonly number[]): readonly string[] => ["--only", ["CREATE-1", ...numbers.map((number) => `CRASH-${number}`)].join(",")];
const cinderTurns: readonly CinderTurn[] = [
  { backend: "cinder", checks: ["--family", [...always, "attach", "names", "records", "snapshots", "contract", "expansion", "health", "leaks"].join(",")] },
  { backend: "cinder-full", checks: ["--family", [...always, "mount", "errors", "sizes", "sources", "lifecycle", "imports", "doctor", "groups"].join(",")] },
  { backend: "cinder-full", checks: ["--family", [...always, "data", "concurrency", "idempotency", "reconciliation", "pools", "qos"].join(",")] },
  { backend: "cinder", checks: crashes(1, 2, 3, 4, 11, 12) },
  { backend: "cinder", checks: crashes(5, 6, 7, 8, 13, 14) },
  { backend: "cinder-full", checks: crashes(10, 15, 16) },
];

/** The checks that every change runs on the slow, spawned transport; `--full` runs all, which takes an hour. */
const checksOnCeph = [
  ...["MANIFEST-1", "MANIFEST-2", "MANIFEST-3", "LIFECYCLE-1", "LIFECYCLE-2", "LIFECYCLE-4", "CREATE-1", "CREATE-2", "CREATE-3", "CREATE-4"],
  ...["GET-1", "GET-2", "GET-3", "LIST-1", "LIST-2", "DELETE-1", "DELETE-2", "DELETE-3", "NAMES-1", "NAMES-2", "SIZES-1", "SIZES-2"],
  ...["ERRORS-1", "ERRORS-2", "CONTRACT-1", "ATTACH-1", "ATTACH-2", "ATTACH-3", "ATTACH-4", "ATTACH-6", "ATTACH-7", "ATTACH-9", "ATTACH-12"],
  ...["DATA-1", "DATA-2", "DATA-3", "MOUNT-1", "MOUNT-2", "MOUNT-3", "MOUNT-4", "MOUNT-6", "MOUNT-9", "RECORDS-1", "RECORDS-2", "RECORDS-4"],
  ...["CONCURRENCY-1", "CONCURRENCY-2", "CONCURRENCY-3", "CONCURRENCY-4"],
];

/** The suite on the native transport: all of it but the kills, which take half a minute each and have turns. */
export async function conformanceCephNative(seed: string, full: boolean): Promise<Counts> {
  const crash = cephCrashTurns[Number(seed) % cephCrashTurns.length] ?? [];
  const ids = allChecks.filter(({ id, family }) => family !== "crash" || crash.includes(id)).map(({ id }) => id);
  return total([
    await conformance(".lab/backends.yaml", "ceph-native", seed, full ? [] : ["--only", ids.join(",")]),
    await conformance(".lab/backends.yaml", "ceph-trash", seed, ["--only", checksOfTrash.filter((id) => full || ids.includes(id)).join(",")]),
  ]);
}

/** What only a backend shows that keeps what was deleted; by default none does. */
const checksOfTrash = ["TRASH-1", "TRASH-2", "TRASH-3", "CRASH-9"];

const cephCrashTurns: readonly (readonly string[])[] = [
  ["CRASH-1", "CRASH-4"],
  ["CRASH-2", "CRASH-5"],
  ["CRASH-3", "CRASH-11", "CRASH-12"],
  ["CRASH-6", "CRASH-7"],
  ["CRASH-8", "CRASH-13", "CRASH-14"],
  ["CRASH-10", "CRASH-16"],
  ["CRASH-9", "CRASH-15"],
];

export function conformanceCephCli(seed: string, full: boolean): Promise<Counts> {
  return conformance(".lab/backends.yaml", "ceph-cli", seed, [...slowLimit, ...(full ? [] : ["--only", checksOnCeph.join(",")])]);
}

export function conformance(backendsFile: string, backend: string, seed: string, more: readonly string[] = []): Promise<Counts> {
  const args = (reportFile: string): readonly string[] => [
    "packages/testkit/dist/cli.js",
    ...["--backends", backendsFile, "--backend", backend, "--seed", seed, "--json", reportFile],
    ...more,
  ];
  return runReporting(node, args, countConformance);
}

/** The reference driver on a directory of its own, as an author would configure it. */
export async function conformanceReference(seed: string, full: boolean): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "opensds-conformance-"));
  try {
    const backendsFile = join(folder, "backends.yaml");
    const element = (options: object): object => ({ module: "@opensds/testkit/reference", reference_driver: { dir: join(folder, "volumes"), ...options } });
    const backends = { reference: element({}), "reference-trash": element({ dir: join(folder, "kept"), trash: true }) };
    // JSON is YAML too.
    await writeFile(backendsFile, JSON.stringify({ host: { runtimeDir: join(folder, "run") }, backends }));
    return total([
      await conformance(backendsFile, "reference", seed, full ? ["--thorough", "--timeout", "900000"] : []),
      await conformance(backendsFile, "reference-trash", seed, ["--only", checksOfTrash.join(",")]),
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
