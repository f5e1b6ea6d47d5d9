import type { Counts } from "./result.js";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const words = (value: unknown): string => (typeof value === "string" ? value : "");

/** Counts vitest's JSON report: assertions, and files that could not even be loaded. */
export function countVitest(report: unknown): Counts {
  const files = isObject(report) ? objects(report["testResults"]) : [];
  const tests = files.flatMap((file) => objects(file["assertionResults"]));
  const unloadable = files.filter((file) => file["status"] === "failed" && objects(file["assertionResults"]).length === 0);
  const withStatus = (...wanted: readonly string[]): readonly Json[] => tests.filter((test) => wanted.includes(words(test["status"])));
  return {
    passed: withStatus("passed").length,
    failed: withStatus("failed").length + unloadable.length,
    skipped: withStatus("skipped", "pending", "todo", "disabled").map((test) => `${words(test["fullName"])}: skipped in its file`),
  };
}

/** Counts a report on mutants: those that did as the table of proofs says, and what was wrong. */
export function countMutants(report: unknown): Counts {
  const { passed, failed } = isObject(report) ? { passed: report["passed"], failed: report["failed"] } : {};
  const isCount = (value: unknown): value is number => Number.isInteger(value);
  return isCount(passed) && isCount(failed) ? { passed, failed, skipped: [] } : { passed: 0, failed: 1, skipped: [] };
}

/** Counts the steps of a rehearsal, and what it left out and why. */
export function countSteps(report: unknown): Counts {
  const skipped = isObject(report) && Array.isArray(report["skipped"]) ? report["skipped"].map(String) : [];
  return { ...countMutants(report), skipped };
}

/** Counts a conformance report. */
export function countConformance(report: unknown): Counts {
  const results = isObject(report) ? objects(report["results"]) : [];
  const withStatus = (status: string): readonly Json[] => results.filter((result) => result["status"] === status);
  return {
    passed: withStatus("passed").length,
    failed: withStatus("failed").length,
    skipped: withStatus("skipped").map((result) => `${words(result["id"])}: ${words(result["reason"])}`),
  };
}
