import type { CheckResult } from "@opensds/testkit";
import type { Ended } from "./job.js";

/** What a job tells of a check: not its story, which is for people who have one driver and not a hundred. */
export function toEnded({ id, status, ms, reason, error, leftovers = [] }: CheckResult): Ended {
  const actual = error?.actual === undefined ? "" : ` - ${error.actual}`;
  const left = leftovers.length === 0 || error === undefined ? "" : ` [left: ${leftovers.join("; ")}]`;
  return { id, status, ms, says: error === undefined ? reason : `${error.message}${actual}${left}`.slice(0, 500) };
}
