import type { MutantBase } from "../opener.js";

/** What a child process is to do: run checks against one mutant, or against the sound driver. It knows the mutant's number only. */
export interface Job {
  readonly base: MutantBase;
  /** `sound`: no mutant; the members that each check calls are noted in `traceDirectory`. */
  readonly number: number | "sound";
  /** Of this job alone: volumes, temporary files. */
  readonly directory: string;
  /** The backends file's path or content, and which backend of it. */
  readonly backends: string | object;
  readonly backend: string;
  /** Ids of the checks to run in any case. */
  readonly always: readonly string[];
  /** Ids of those to run where the mutant may touch them. */
  readonly others: readonly string[];
  /** What the trace of the sound driver holds; absent: all of `others` run. */
  readonly traceDirectory?: string | undefined;
  readonly seed: number;
  /** Milliseconds that one check may take. */
  readonly timeoutMs: number;
}

/** How one check ended on the job's driver. */
export interface Ended {
  readonly id: string;
  readonly status: "passed" | "failed" | "skipped";
  readonly ms: number;
  /** What a failed check says, or why it was skipped. */
  readonly says?: string | undefined;
}

/** What the job's process tells: how each check ended, and which were not run because nothing of the mutant can touch them. */
export interface JobReport {
  readonly ended: readonly Ended[];
  readonly untouched: readonly string[];
  /** Milliseconds in all. */
  readonly ms: number;
  /** What ended the process before it could tell. */
  readonly brokeOff?: string | undefined;
}
