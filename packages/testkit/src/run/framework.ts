import { randomInt } from "node:crypto";
import type { Check } from "../check.js";
import { allChecks } from "../checks/index.js";
import { failureLines } from "../report/failure-story.js";
import type { ConformanceTarget } from "../target/target.js";
import { defaultCheckTimeoutMs, openConformanceRun, type ConformanceRun, type RunOptions } from "./conformance-run.js";
import { selectChecks } from "./select.js";

/** What to check in a test framework, and how. */
export interface DescribeConformanceOptions extends RunOptions {
  readonly target: ConformanceTarget;
}

/** The suite as a test framework wants it: tests that are known before anything is opened. */
export interface FrameworkRun {
  readonly checks: readonly Check[];
  /** Milliseconds for one test, opening and cleaning up included. */
  readonly timeoutMs: number;
  /** Milliseconds that closing may take. */
  readonly marginMs: number;
  /** Resolves to the reason of a skip, or to undefined for a pass; rejects with the failure's story. */
  run(check: Check): Promise<string | undefined>;
  /** Call it after the last test. */
  close(): Promise<void>;
}

/** Milliseconds for opening and for cleaning up, besides a check's own time limit. */
const marginMs = 60_000;

/** Prepares a run that is opened by its first test. */
export function prepareFrameworkRun(title: string, options: DescribeConformanceOptions): FrameworkRun {
  const checks = selectChecks(options.checks ?? allChecks, options.select);
  const seed = options.seed ?? randomInt(2 ** 31);
  let opening: Promise<ConformanceRun> | undefined;
  const open = async (): Promise<ConformanceRun> => {
    const run = await openConformanceRun(options.target, { ...options, seed });
    console.log(`${title}: seed ${seed}; names contain ${run.prefix}, which opensds-conformance clean --prefix removes if this run is killed`);
    return run;
  };
  return {
    checks,
    timeoutMs: (options.timeoutMs ?? defaultCheckTimeoutMs) + marginMs,
    marginMs,
    run: async (check) => {
      opening ??= open();
      const result = await (await opening).run(check);
      if (result.status === "failed") throw conformanceError(`${failureLines(result).join("\n")}\nseed      ${seed}`);
      return result.status === "skipped" ? (result.reason ?? "skipped") : undefined;
    },
    close: async () => {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

/** A selection that selects nothing must not look like a success: frameworks pass a suite without tests. */
export const nothingSelected = "no check was selected, so nothing was proved";

/** The story is the message; where the adapter stands says nothing to anybody. */
function conformanceError(story: string): Error {
  const error = new Error(story);
  error.stack = `Error: ${story}`;
  return error;
}
