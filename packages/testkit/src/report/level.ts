import { levels, type Check, type CheckLevel } from "../check.js";
import type { CheckResult, ConformanceReport } from "./report.js";

/**
 * The level that a run shows a driver to keep: every check of the level passed, or was skipped because the backend cannot do at all
 * what it is about. What was left out, could not be run here or is known to fail leaves the level open.
 */
export function levelOf(
  all: readonly Pick<Check, "id" | "level">[],
  results: readonly CheckResult[],
  problem: string | undefined,
): Pick<ConformanceReport, "level" | "levelGap"> {
  const gaps = { basic: gapOf("basic", all, results, problem), full: gapOf("full", all, results, problem) };
  const reached = levels.toReversed().find((level) => gaps[level] === undefined) ?? "none";
  return { level: reached, ...(gaps.full !== undefined && { levelGap: gaps.full }) };
}

/** What keeps the run from a level, in words. */
function gapOf(level: CheckLevel, all: readonly Pick<Check, "id" | "level">[], results: readonly CheckResult[], problem: string | undefined): string | undefined {
  if (problem !== undefined) return problem;
  const wanted = all.filter((check) => level === "full" || check.level === "basic");
  const byId = new Map(results.map((result) => [result.id, result]));
  const parts: string[] = [];
  const failed = wanted.filter(({ id }) => byId.get(id)?.status === "failed").length;
  if (failed > 0) parts.push(`${checks(failed)} failed`);
  const unselected = wanted.filter(({ id }) => !byId.has(id)).length;
  if (unselected > 0) parts.push(`${checks(unselected)} not selected`);
  const reasons = new Map<string, number>();
  for (const { id } of wanted) {
    const result = byId.get(id);
    if (result?.status !== "skipped" || result.skipCause === "backend") continue;
    const reason = result.reason ?? "skipped";
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const [reason, count] of reasons) parts.push(`${checks(count)} skipped: ${reason}`);
  return parts.length === 0 ? undefined : parts.join("; ");
}

const checks = (count: number): string => (count === 1 ? "1 check" : `${count} checks`);
