import { contractVersion } from "@opensds/core";
import type { Check } from "../check.js";
import { allChecks } from "../checks/index.js";
import { kitVersion } from "../kit-version.js";
import { levelOf } from "../report/level.js";
import type { CheckResult, ConformanceReport } from "../report/report.js";
import { rules } from "../rules.js";
import type { ConformanceTarget } from "../target/target.js";
import { openConformanceRun, type ConformanceRun, type RunOptions } from "./conformance-run.js";

/** What happens during a run, for showing progress. */
export type RunEvent =
  | { readonly type: "run-started"; readonly run: ConformanceRun }
  | { readonly type: "check-started"; readonly check: Check; readonly number: number; readonly total: number }
  | { readonly type: "check-ended"; readonly result: CheckResult; readonly number: number; readonly total: number };

/** How to run the suite, and who wants to know how it goes. */
export interface ConformanceOptions extends RunOptions {
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

/** After so many checks in a row that ran into their time limit, the driver is taken to answer no more. */
const hopelessTimeouts = 3;

/**
 * Runs the suite against a target, one check after the other. What a check finds is in the report; a target that cannot be
 * opened or set up is thrown: `BadInput`, or the driver's own `SouthboundError`.
 */
export async function runConformance(target: ConformanceTarget, options: ConformanceOptions = {}): Promise<ConformanceReport> {
  const startedAt = new Date();
  const beganMs = performance.now();
  const run = await openConformanceRun(target, options);
  const results: CheckResult[] = [];
  let timeouts = 0;
  try {
    options.onEvent?.({ type: "run-started", run });
    const total = run.checks.length;
    for (const [index, check] of run.checks.entries()) {
      const number = index + 1;
      const stop = options.signal?.aborted === true ? "the run was interrupted" : hopeless(timeouts);
      if (stop === undefined) options.onEvent?.({ type: "check-started", check, number, total });
      const result = stop === undefined ? await run.run(check) : notRun(check, stop);
      if (result.status !== "skipped") timeouts = result.error?.timedOut === true ? timeouts + 1 : 0;
      results.push(result);
      options.onEvent?.({ type: "check-ended", result, number, total });
    }
  } finally {
    // Closing is not what the run is about: a driver that cannot be closed failed LIFECYCLE-2 already.
    await run.close().catch(() => undefined);
  }

  const count = (status: CheckResult["status"]): number => results.filter((result) => result.status === status).length;
  const counts = { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
  const problem = problemOf(counts, results, options.signal?.aborted === true);
  return {
    kit: { name: "@opensds/testkit", version: kitVersion() },
    contract: contractVersion,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    backend: run.backend,
    seed: run.seed,
    prefix: run.prefix,
    startedAt: startedAt.toISOString(),
    ms: Math.round(performance.now() - beganMs),
    counts,
    ok: counts.failed === 0 && problem === undefined,
    ...(problem !== undefined && { problem }),
    ...levelOf(options.checks ?? allChecks, results, problem),
    results,
  };
}

function hopeless(timeouts: number): string | undefined {
  return timeouts < hopelessTimeouts ? undefined : `not run: ${hopelessTimeouts} checks in a row ran into their time limit`;
}

function notRun({ id, family, level, title, rules: cited }: Check, reason: string): CheckResult {
  return { id, family, level, title, rules: cited.map((rule) => ({ id: rule, text: rules[rule] })), status: "skipped", ms: 0, reason, skipCause: "interruption" };
}

function problemOf(counts: ConformanceReport["counts"], results: readonly CheckResult[], interrupted: boolean): string | undefined {
  if (interrupted) return "the run was interrupted";
  if (counts.passed + counts.failed > 0) return undefined;
  return results.length === 0 ? "no check was selected, so none ran" : "no check ran: every selected one was skipped";
}
