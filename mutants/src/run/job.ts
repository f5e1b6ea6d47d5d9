import type { MutantBase } from "../opener.js";

/** Where a job's process runs its checks, and how. */
export interface JobPlace {
  readonly base: MutantBase;
  /** Of this job alone: volumes, temporary files. */
  readonly directory: string;
  /** The backends file's path or content, and which backend of it. */
  readonly backends: string | object;
  readonly backend: string;
  readonly seed: number;
  /** Milliseconds that one check may take. */
  readonly timeoutMs: number;
}

/** What a child process is to do: run checks against one mutant, or against the sound driver. It knows the mutant's number only. */
export interface MutantJob extends JobPlace {
  /** `sound`: no mutant; the members that each check calls are noted in `traceDirectory`. */
  readonly number: number | "sound";
  /** Ids of the checks to run in any case. */
  readonly always: readonly string[];
  /** Ids of those to run where the mutant may touch them. */
  readonly others: readonly string[];
  /** What the trace of the sound driver holds; absent: all of `others` run. */
  readonly traceDirectory?: string | undefined;
}

/** Several mutants at once, in one driver: each check runs on those together that it has to pass on. */
export interface CompanyJob extends JobPlace {
  readonly members: readonly CompanyMember[];
}

/** A mutant in company. */
export interface CompanyMember {
  readonly number: number;
  /** Ids of the checks that run on it alone, because they may fail. */
  readonly apart: readonly string[];
}

/** One of the two. */
export type Job = MutantJob | CompanyJob;

/** How one check ended on the job's driver. */
export interface Ended {
  readonly id: string;
  readonly status: "passed" | "failed" | "skipped";
  readonly ms: number;
  /** What a failed check says, or why it was skipped. */
  readonly says?: string | undefined;
}

/** A check that failed on this mutant, when company that it failed in was parted. */
export interface Suspicion {
  readonly number: number;
  readonly id: string;
}

/** What the job's process tells: how each check ended, and which were not run because nothing of the mutant can touch them. */
export interface JobReport {
  readonly ended: readonly Ended[];
  readonly untouched: readonly string[];
  /** Of a company: what is to be looked at on one mutant alone. */
  readonly suspicions?: readonly Suspicion[] | undefined;
  /** Milliseconds in all. */
  readonly ms: number;
  /** What ended the process before it could tell. */
  readonly brokeOff?: string | undefined;
}
