import { afterAll, describe, it } from "vitest";
import { failureLines } from "./report/failure-story.js";
import { openConformanceRun, type ConformanceRun, type RunOptions } from "./run/conformance-run.js";
import { selectChecks } from "./run/select.js";
import { allChecks } from "./checks/index.js";
import { defaultCheckTimeoutMs } from "./run/conformance-run.js";
import type { ConformanceTarget } from "./target/target.js";

/** What to check, and how. */
export interface DescribeConformanceOptions extends RunOptions {
  readonly target: ConformanceTarget;
}

/** Milliseconds for opening and for cleaning up, besides a check's own time limit. */
const marginMs = 60_000;

/**
 * Declares one vitest test for each check. A check that cannot be run here is skipped when its turn comes, with the reason
 * shown; a failed one fails with its story.
 */
export function describeConformance(title: string, options: DescribeConformanceOptions): void {
  const timeout = (options.timeoutMs ?? defaultCheckTimeoutMs) + marginMs;
  let opening: Promise<ConformanceRun> | undefined;
  describe(title, () => {
    afterAll(async () => {
      await (await opening?.catch(() => undefined))?.close();
    }, marginMs);
    for (const check of selectChecks(options.checks ?? allChecks, options.select)) {
      it(`${check.id} ${check.title}`, { timeout }, async (test) => {
        opening ??= openConformanceRun(options.target, options);
        const run = await opening;
        const result = await run.run(check);
        if (result.status === "skipped") return test.skip(result.reason);
        if (result.status === "failed") throw conformanceError(`${failureLines(result).join("\n")}\nseed      ${run.seed}`);
      });
    }
  });
}

/** The story is the message; where this adapter stands says nothing to anybody. */
function conformanceError(story: string): Error {
  const error = new Error(story);
  error.stack = `Error: ${story}`;
  return error;
}
