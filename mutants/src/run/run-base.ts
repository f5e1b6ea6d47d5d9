import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { MutantBase } from "../opener.js";
import { atMost } from "./at-most.js";
import { directoryPrefix } from "./clean-up.js";
import { describeCompany, describeRow } from "./describe.js";
import type { JobReport } from "./job.js";
import { apart, type Row } from "./matrix.js";
import { companies, companyJob, mutantJob, tracingJob, type Extent, type Numbered } from "./plan.js";
import { runJob } from "./run-job.js";

/** The mutants of one driver, and what they are run with. */
export interface BaseRun {
  readonly base: MutantBase;
  readonly mutants: readonly Numbered[];
  readonly extent: Omit<Extent, "others"> & { readonly others: "company" | "alone" | number };
  /** Of the lab, for the Ceph driver. */
  readonly backendsFile: string | undefined;
  /** The jobs' process. */
  readonly script: string;
  readonly signal: AbortSignal;
}

/** Runs every mutant: first all in company, then each alone with what it has to fail on and what is suspected of it. */
export async function runBase(run: BaseRun): Promise<readonly Row[]> {
  const { base, mutants, extent } = run;
  const beganMs = performance.now();
  const traceDirectory = extent.others === "alone" ? await mkdtemp(join(tmpdir(), directoryPrefix)) : undefined;
  try {
    if (traceDirectory !== undefined) await trace(traceDirectory, run);
    const whole: Extent = { ...extent, others: extent.others === "alone" ? { traceDirectory: traceDirectory ?? "" } : extent.others };
    const groups = extent.others === "company" ? companies(mutants, extent.seed) : [];
    const meetings: Promise<JobReport>[] = [];
    // Companies are taken first, so that each has begun when one of its members is taken; nobody is idle while the last of them ends.
    const rows = new Map<number, Row>();
    const meetAll = groups.map((members, index) => async (): Promise<void> => {
      meetings[index] = meet(members, `company ${index + 1} of ${groups.length}`, run);
      await meetings[index];
    });
    const alone = (groups.length === 0 ? mutants : groups.flat()).map((one) => async (): Promise<void> => {
      const company = await meetings[groups.findIndex((members) => members.includes(one))];
      const row = await runAlone(one, whole, company, run);
      rows.set(one.number, row);
      console.log(`${now()} ${describeRow(row)}`);
    });
    await atMost(atOnce(base, typeof extent.others === "number"), [...meetAll, ...alone]);
    console.log(`${base}: ${rows.size} mutants in ${Math.round((performance.now() - beganMs) / 1_000)} s`);
    return [...rows].sort(([one], [other]) => one - other).map(([, row]) => row);
  } finally {
    if (traceDirectory !== undefined) await rm(traceDirectory, { recursive: true, force: true });
  }
}

/** One mutant with what it has to fail on, what is suspected of it, and what else is wanted; and what it passed in company. */
async function runAlone(one: Numbered, whole: Extent, company: JobReport | undefined, { base, backendsFile, script, signal }: BaseRun): Promise<Row> {
  const suspects = (company?.suspicions ?? []).filter(({ number }) => number === one.number).map(({ id }) => id);
  const report = await runJob(mutantJob(base, one, whole, suspects, backendsFile), script, signal).catch(brokenOff(signal));
  const ownChecks = [...apart(one.mutant), ...suspects];
  const inCompany = company?.ended.filter(({ id, status }) => status !== "skipped" && !ownChecks.includes(id)).map(({ id }) => id);
  return { mutant: one.mutant, report: { ...report, brokeOff: report.brokeOff ?? company?.brokeOff }, inCompany };
}

/**
 * A check waits more than it computes: one process more than there are cores. But devices are the machine's, and mutants side by side have met
 * each other's: a sample, which is held against the table, goes one by one.
 */
const atOnce = (base: MutantBase, sampled: boolean): number => (base === "ceph" || sampled ? 1 : availableParallelism() + 1);

async function meet(members: readonly Numbered[], what: string, { extent, script, signal }: BaseRun): Promise<JobReport> {
  const report = await runJob(companyJob(members, extent.seed), script, signal).catch(brokenOff(signal));
  console.log(`${now()} ${what}: ${describeCompany(members, report)}`);
  return report;
}

/** One that breaks off is a problem, and no reason to lose what the others show. */
const brokenOff =
  (signal: AbortSignal) =>
  (error: unknown): JobReport => {
    signal.throwIfAborted();
    return { ended: [], untouched: [], ms: 0, brokeOff: error instanceof Error ? error.message : String(error) };
  };

/** Every check passes on the sound driver, or what it says of mutants is worth nothing. */
async function trace(traceDirectory: string, { extent, script, signal }: BaseRun): Promise<void> {
  await writeFile(join(traceDirectory, "current"), "opening");
  const { ended, ms } = await runJob(tracingJob(extent.seed, traceDirectory), script, signal);
  const failed = ended.filter(({ status }) => status === "failed");
  console.log(`the sound driver: ${ended.length - failed.length} of ${ended.length} checks do not fail, in ${Math.round(ms / 1_000)} s`);
  if (failed.length > 0) throw new Error(`on the sound driver ${failed.map(({ id, says }) => `${id} fails: ${says ?? ""}`).join("; ")}`);
}

const now = (): string => new Date().toISOString().slice(11, 19);
