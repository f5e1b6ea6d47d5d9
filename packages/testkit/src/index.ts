export { families, levels, type Check, type CheckLevel, type Family, type Need } from "./check.js";
export type { CheckContext, CheckSizes, CleanupStep, ExpectedError } from "./check-context.js";
export { allChecks } from "./checks/index.js";
export { rules, type RuleId } from "./rules.js";
export { runConformance, type ConformanceOptions, type RunEvent } from "./run/run-conformance.js";
export {
  defaultCheckTimeoutMs,
  openConformanceRun,
  type ConformanceRun,
  type RunOptions,
} from "./run/conformance-run.js";
export type { Selection } from "./run/select.js";
export type { Random } from "./run/random.js";
export type { TestWorker } from "./run/test-worker.js";
export type { CallRecord } from "./run/call-log.js";
export type { CheckResult, CheckStatus, ConformanceReport, FailureReport, SkipCause } from "./report/report.js";
export { toBadge } from "./report/badge.js";
export { toHtml } from "./report/html/to-html.js";
export { toJUnit } from "./report/junit.js";
export { BadInput } from "./target/bad-input.js";
export type { BackendsTarget, ConformanceTarget, LiveTarget, OpenBackends } from "./target/target.js";
