import { allChecks, openConformanceRun, type BackendsTarget, type Check, type RunOptions } from "@opensds/testkit";
import { writeFileSync } from "node:fs";
import { toEnded } from "./ended.js";
import type { CompanyMember, Ended, Suspicion } from "./job.js";

/** A company of mutants, and how its checks are run. */
export interface Company {
  readonly target: BackendsTarget;
  readonly options: RunOptions;
  readonly members: readonly CompanyMember[];
  /** Where the opened drivers learn which of the members they are. */
  readonly file: string;
}

/** How a company fared. */
export interface CompanyOutcome {
  readonly ended: readonly Ended[];
  readonly suspicions: readonly Suspicion[];
}

/**
 * Runs each check once, on all members together that it has to pass on. Where it fails the company is parted in halves until it fails on one
 * member; where both halves pass it was their meeting that failed, which says nothing of either.
 */
export async function runCompany({ target, options, members, file }: Company): Promise<CompanyOutcome> {
  const ended: Ended[] = [];
  const suspicions: Suspicion[] = [];
  const runOn = (check: Check, numbers: readonly number[]): Promise<Ended> => {
    writeFileSync(file, numbers.join(" "));
    return runOnce(target, options, check);
  };
  const part = async (check: Check, numbers: readonly number[]): Promise<void> => {
    const [number, ...others] = numbers;
    if (number !== undefined && others.length === 0) {
      suspicions.push({ number, id: check.id });
      return;
    }
    const middle = Math.ceil(numbers.length / 2);
    for (const half of [numbers.slice(0, middle), numbers.slice(middle)]) {
      if ((await runOn(check, half)).status === "failed") await part(check, half);
    }
  };
  for (const check of allChecks) {
    const numbers = members.filter(({ apart }) => !apart.includes(check.id)).map(({ number }) => number);
    if (numbers.length === 0) continue;
    const result = await runOn(check, numbers);
    ended.push(result);
    if (result.status === "failed") await part(check, numbers);
  }
  return { ended, suspicions };
}

/** Opens the target for this check alone: what cleans up after it is broken in the same ways, as it is when a mutant is alone. */
async function runOnce(target: BackendsTarget, options: RunOptions, check: Check): Promise<Ended> {
  try {
    const conformance = await openConformanceRun(target, options);
    try {
      return toEnded(await conformance.run(check));
    } finally {
      await conformance.close().catch(() => undefined);
    }
  } catch (error) {
    return { id: check.id, status: "failed", ms: 0, says: `the target cannot be opened: ${error instanceof Error ? error.message : String(error)}` };
  }
}
