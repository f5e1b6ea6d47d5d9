import type { DriverManifest } from "@opensds/core";
import type { CheckLevel, Family } from "../check.js";
import type { CallRecord } from "../run/call-log.js";
import type { RuleId } from "../rules.js";

/** How a check ended. A known failure that still fails counts as skipped, and says why. */
export type CheckStatus = "passed" | "failed" | "skipped";

/**
 * Whose doing a skip is. `backend`: it cannot do this at all, and need not. `environment`: this machine or this way of opening
 * cannot. `known-failure`: it fails, as was foretold. `interruption`: the run ended before. Only the first leaves the level whole.
 */
export type SkipCause = "backend" | "environment" | "known-failure" | "interruption";

/** Why a check failed. */
export interface FailureReport {
  /** What was wrong, in one sentence. */
  readonly message: string;
  readonly expected?: string;
  readonly actual?: string;
  /** The check ran into its time limit. */
  readonly timedOut?: true;
  /** For what no assertion foresaw: where it was thrown. */
  readonly stack?: string;
}

/** How one check went. Plain JSON. */
export interface CheckResult {
  readonly id: string;
  readonly family: Family;
  readonly level: CheckLevel;
  readonly title: string;
  readonly rules: readonly { readonly id: RuleId; readonly text: string }[];
  readonly status: CheckStatus;
  readonly ms: number;
  /** Why it was skipped. */
  readonly reason?: string;
  readonly skipCause?: SkipCause;
  readonly error?: FailureReport;
  /** The calls that led to the failure, in the order in which they began. */
  readonly calls?: readonly CallRecord[];
  /** What could not be removed afterwards. */
  readonly leftovers?: readonly string[];
  /** What the check has to say of how it ran, such as at how many points it killed. */
  readonly notes?: readonly string[];
}

/** What a run was about and how it went. Plain JSON: `--json` writes it as it is. */
export interface ConformanceReport {
  readonly kit: { readonly name: string; readonly version: string };
  /** Version of the driver contract. */
  readonly contract: string;
  readonly node: string;
  readonly platform: string;
  readonly backend: { readonly name: string; readonly kind: string; readonly manifest: DriverManifest };
  /** Hand it in again to get the same random choices. */
  readonly seed: number;
  /** In the name of everything that the run made. */
  readonly prefix: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly ms: number;
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  /** At least one check ran, none failed, nothing was interrupted. */
  readonly ok: boolean;
  /** Why `ok` is false, where no failed check says it. */
  readonly problem?: string;
  /** The level that this run shows the driver to keep; `none` where it shows none. */
  readonly level: CheckLevel | "none";
  /** What stands between the run and level `full`; absent where nothing does. */
  readonly levelGap?: string;
  readonly results: readonly CheckResult[];
}
