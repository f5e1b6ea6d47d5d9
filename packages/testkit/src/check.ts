import type { FacetName } from "@opensds/core";
import type { CheckContext } from "./check-context.js";
import type { RuleId } from "./rules.js";

/** `basic`: what one dock on one machine relies on. `full` adds races, deadlines and several processes. */
export const levels = ["basic", "full"] as const;
/** How far a check goes. */
export type CheckLevel = (typeof levels)[number];

/** What a check is about; one file under `checks/` each. */
export const families = [
  "manifest",
  "lifecycle",
  "create",
  "get",
  "list",
  "delete",
  "names",
  "sizes",
  "errors",
  "idempotency",
  "attach",
  "data",
  "mount",
  "records",
  "concurrency",
  "contract",
  "crash",
  "leaks",
  "snapshots",
  "sources",
  "expansion",
  "pools",
  "qos",
  "groups",
  "imports",
  "trash",
  "changed-blocks",
  "health",
  "reconciliation",
  "fencing",
  "doctor",
] as const;
/** The name of a group of checks. */
export type Family = (typeof families)[number];

/**
 * What a check needs besides an opened driver; where it is missing the check is skipped and says so.
 * - `connect`: the backend hands out connections (`manifest.protocols` is not empty)
 * - `device`: besides, this machine can make devices of them: Linux, as root
 * - `processes`: a second process can open the same target
 */
export type Need = "connect" | "device" | "processes";

/** One piece of behaviour that every driver has to show. Plain data but for `run`: any runner can list and run it. */
export interface Check {
  /** Stable for ever: authors pin it in `--only` and `knownFailures`. */
  readonly id: string;
  readonly family: Family;
  readonly level: CheckLevel;
  /** The behaviour, as a sentence. */
  readonly title: string;
  readonly rules: readonly RuleId[];
  readonly needs?: readonly Need[];
  /** The facets that it is about; skipped on backends without them. */
  readonly facets?: readonly FacetName[];
  /** Does what the title says; throws when the driver does otherwise. */
  run(ctx: CheckContext): Promise<void>;
}
