// pnpm test:mutants [--on reference|ceph] [--only WORDS] [--part N/M] [--sample N | --alone] [--seed N] [--update]: the suite against its broken drivers.
import { labDown, labStatus, labUp } from "@opensds/lab";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cephMutants, referenceMutants } from "./corpus/index.js";
import type { MutantBase } from "./opener.js";
import { bundle } from "./run/bundle.js";
import { sweep } from "./run/clean-up.js";
import { describeRow } from "./run/describe.js";
import { failuresOf, matrix, type AnyMutant, type Row } from "./run/matrix.js";
import type { Numbered } from "./run/plan.js";
import { proofsOf, proofsPath, proofsText, readProofs, type Proofs } from "./run/proofs.js";
import { runBase, type BaseRun } from "./run/run-base.js";
import { checkProblems, driftProblems, rowProblems } from "./run/verdict.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    on: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    /** `2/5`: the second fifth of the mutants. */
    part: { type: "string" },
    /** Of the checks that a mutant has to pass, so many and no more. */
    sample: { type: "string" },
    /** All of them on each mutant alone: takes hours. */
    alone: { type: "boolean" },
    seed: { type: "string" },
    json: { type: "string" },
    update: { type: "boolean" },
  },
});
const interrupted = new AbortController();
// More than once: a terminal tells the whole group of processes, and what started this one may tell it again.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort(new Error(signal)));
process.exitCode = await main().catch((error: unknown) => {
  if (!interrupted.signal.aborted) throw error;
  console.error(`interrupted by ${interrupted.signal.reason instanceof Error ? interrupted.signal.reason.message : "a signal"}; what the run made is removed`);
  return 130;
});

async function main(): Promise<number> {
  for (const left of await sweep()) console.log(`removed what a killed run left: ${left}`);
  const bundled = await bundle();
  try {
    return await runAll(bundled.script);
  } finally {
    await bundled.remove();
  }
}

async function runAll(script: string): Promise<number> {
  const bases = (["reference", "ceph"] as const).filter((base) => values.on === undefined || values.on.includes(base));
  const proofs = await readFile(join(root, proofsPath), "utf8").then(readProofs, (): Proofs => ({}));
  const rows: Row[] = [];
  let shown: Proofs = {};
  for (const base of bases) {
    const mutants = wantedOf(base);
    const ran = mutants.length === 0 ? [] : await withLab(base, (backendsFile) => runBase({ base, mutants, extent: extentOf(base, proofs), backendsFile, script, signal: interrupted.signal }));
    rows.push(...ran);
    shown = { ...shown, ...proofsOf(base, ran) };
  }
  console.log(matrix(rows));
  for (const row of rows) console.log(describeRow(row));
  if (values.update === true) await writeFile(join(root, proofsPath), proofsText(inCorpusOrder({ ...proofs, ...shown })));
  const problems = rows.flatMap((row) => [...rowProblems(row), ...(values.update === true ? [] : driftProblems(row, proofs))]);
  if (values.only === undefined) problems.push(...checkProblems({ ...proofs, ...shown }));
  for (const problem of problems) console.error(`- ${problem}`);
  const killed = rows.filter((row) => failuresOf(row).killers.length > 0).length;
  const counts = { passed: rows.filter((row) => rowProblems(row).length === 0).length, failed: problems.length };
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify({ ...counts, skipped: [], problems }));
  console.log(`killed ${killed} of ${rows.length}`);
  return problems.length === 0 && rows.length > 0 ? 0 : 1;
}

/** On a real cluster a whole suite, for every company even, would take hours. */
function extentOf(base: MutantBase, proofs: Proofs): BaseRun["extent"] {
  const sampled = values.sample !== undefined ? Number.parseInt(values.sample, 10) : base === "ceph" ? 4 : undefined;
  const others = sampled ?? (values.alone === true ? "alone" : "company");
  return { seed: Number.parseInt(values.seed ?? "1", 10), others, proofs: values.update === true ? {} : proofs };
}

function wantedOf(base: MutantBase): readonly Numbered[] {
  const all: readonly AnyMutant[] = base === "ceph" ? cephMutants : referenceMutants;
  const [part = 1, parts = 1] = (values.part ?? "1/1").split("/").map(Number);
  if (!(part >= 1 && part <= parts)) throw new Error(`--part is ${values.part ?? ""}; give it like 2/5`);
  const numbered = all.map((mutant, number) => ({ number, mutant }));
  return numbered.filter(({ number, mutant }) => number % parts === part - 1 && values.only?.every((words) => !mutant.name.includes(words)) !== true);
}

async function withLab<Value>(base: MutantBase, work: (backendsFile: string | undefined) => Promise<Value>): Promise<Value> {
  if (base !== "ceph") return work(undefined);
  const was = await labStatus();
  await labUp("ceph");
  try {
    return await work(join(root, ".lab", "backends.yaml"));
  } finally {
    if (was.ceph.state !== "up") await labDown();
  }
}

function inCorpusOrder(proofs: Proofs): Proofs {
  const names = [...referenceMutants, ...cephMutants].map(({ name }) => name);
  return Object.fromEntries(names.flatMap((name) => (proofs[name] === undefined ? [] : [[name, proofs[name]]])));
}
