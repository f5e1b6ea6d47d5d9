// pnpm test:mutants [--on reference|ceph] [--only WORDS] [--sample N] [--seed N] [--update]: the suite against its broken drivers.
import { labDown, labStatus, labUp } from "@opensds/lab";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cephMutants, referenceMutants } from "./corpus/index.js";
import type { MutantBase } from "./opener.js";
import { bundle } from "./run/bundle.js";
import { inOrder } from "./run/in-order.js";
import type { JobReport } from "./run/job.js";
import { failuresOf, matrix, type AnyMutant, type Row } from "./run/matrix.js";
import { mutantJob, tracingJob, type Extent } from "./run/plan.js";
import { proofsOf, proofsPath, proofsText, readProofs, type Proofs } from "./run/proofs.js";
import { runJob } from "./run/run-job.js";
import { checkProblems, driftProblems, rowProblems } from "./run/verdict.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    on: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    sample: { type: "string" },
    seed: { type: "string" },
    json: { type: "string" },
    update: { type: "boolean" },
  },
});
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort(new Error("interrupted")));
const bundled = await bundle();
process.exitCode = await main(bundled.script).finally(() => bundled.remove());

async function main(script: string): Promise<number> {
  const seed = Number.parseInt(values.seed ?? "1", 10);
  const bases = (["reference", "ceph"] as const).filter((base) => values.on === undefined || values.on.includes(base));
  const proofs = await readFile(join(root, proofsPath), "utf8").then(readProofs, (): Proofs => ({}));
  const rows: Row[] = [];
  const problems: string[] = [];
  let shown: Proofs = {};
  for (const base of bases) {
    const all: readonly AnyMutant[] = base === "ceph" ? cephMutants : referenceMutants;
    const wanted = all.filter(({ name }) => values.only?.every((words) => !name.includes(words)) !== true);
    const ran = wanted.length === 0 ? [] : await runBase({ base, all, wanted }, proofs, seed, script);
    rows.push(...ran);
    shown = { ...shown, ...proofsOf(base, ran) };
  }
  console.log(matrix(rows));
  for (const row of rows) console.log(describe(row));
  for (const row of rows) problems.push(...rowProblems(row), ...(values.update === true ? [] : driftProblems(row, proofs)));
  if (values.update === true) await writeFile(join(root, proofsPath), proofsText(inCorpusOrder({ ...proofs, ...shown })));
  if (values.only === undefined) problems.push(...checkProblems({ ...proofs, ...shown }));
  for (const problem of problems) console.error(`- ${problem}`);
  const killed = rows.filter((row) => failuresOf(row).killers.length > 0).length;
  const counts = { passed: rows.filter((row) => rowProblems(row).length === 0).length, failed: problems.length };
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify({ ...counts, skipped: [], problems }));
  console.log(`killed ${killed} of ${rows.length}`);
  return problems.length === 0 && rows.length > 0 ? 0 : 1;
}

interface Part {
  readonly base: MutantBase;
  readonly all: readonly AnyMutant[];
  readonly wanted: readonly AnyMutant[];
}

async function runBase({ base, all, wanted }: Part, proofs: Proofs, seed: number, script: string): Promise<readonly Row[]> {
  const beganMs = performance.now();
  const traceDirectory = await mkdtemp(join(tmpdir(), "sbtrace-"));
  const lab = base === "ceph" ? await beginLab() : undefined;
  try {
    // Following a whole suite on a real cluster, for every mutant, would take hours.
    const sampled = values.sample !== undefined ? Number.parseInt(values.sample, 10) : base === "ceph" ? 4 : undefined;
    const extent: Extent = { seed, others: sampled ?? { traceDirectory }, proofs: values.update === true ? {} : proofs };
    await writeFile(join(traceDirectory, "current"), "opening");
    if (sampled === undefined) await trace(seed, traceDirectory, script);
    const work = wanted.map((mutant) => async (): Promise<Row> => {
      const job = mutantJob(base, all.indexOf(mutant), mutant, extent, lab?.backendsFile);
      const report = await runJob(job, script, interrupted.signal).catch(brokenOff);
      const row = { mutant, report };
      console.log(`${new Date().toISOString().slice(11, 19)} ${describe(row)}`);
      return row;
    });
    // A check waits more than it computes: one process more than there are cores.
    const rows = await inOrder(work, base === "ceph" ? 1 : availableParallelism() + 1);
    console.log(`${base}: ${rows.length} mutants in ${Math.round((performance.now() - beganMs) / 1_000)} s`);
    return rows;
  } finally {
    await rm(traceDirectory, { recursive: true, force: true });
    await lab?.end();
  }
}

/** One that breaks off is a problem, and no reason to lose what the others show. */
function brokenOff(error: unknown): JobReport {
  interrupted.signal.throwIfAborted();
  return { ended: [], untouched: [], ms: 0, brokeOff: error instanceof Error ? error.message : String(error) };
}

/** Every check passes on the sound driver, or what it says of mutants is worth nothing. */
async function trace(seed: number, traceDirectory: string, script: string): Promise<void> {
  const { ended, ms } = await runJob(tracingJob(seed, traceDirectory), script, interrupted.signal);
  const failed = ended.filter(({ status }) => status === "failed");
  console.log(`the sound driver: ${ended.length - failed.length} of ${ended.length} checks do not fail, in ${Math.round(ms / 1_000)} s`);
  if (failed.length > 0) throw new Error(`on the sound driver ${failed.map(({ id, says }) => `${id} fails: ${says ?? ""}`).join("; ")}`);
}

async function beginLab(): Promise<{ readonly backendsFile: string; end(): Promise<void> }> {
  const was = await labStatus();
  await labUp("ceph");
  const end = async (): Promise<void> => {
    if (was.ceph.state !== "up") await labDown();
  };
  return { backendsFile: join(root, ".lab", "backends.yaml"), end };
}

function describe(row: Row): string {
  const { killers, others } = failuresOf(row);
  const { ended, ms } = row.report;
  const also = others.length === 0 ? "" : `; also ${others.join(", ")}`;
  const verdict = row.report.brokeOff !== undefined ? "BROKE OFF" : killers.length === 0 ? "SURVIVED" : `killed by ${killers.join(", ")}`;
  return `${verdict}${also} [${ended.length} checks, ${Math.round(ms / 1_000)} s]: ${row.mutant.name}`;
}

function inCorpusOrder(proofs: Proofs): Proofs {
  const names = [...referenceMutants, ...cephMutants].map(({ name }) => name);
  return Object.fromEntries(names.flatMap((name) => (proofs[name] === undefined ? [] : [[name, proofs[name]]])));
}
