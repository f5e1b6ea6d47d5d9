import { allChecks } from "@opensds/testkit";
import { rulesOf, type Mutant } from "../mutant.js";
import type { JobReport } from "./job.js";

/** What is needed of a mutant of either driver. */
export type AnyMutant = Omit<Mutant, "backend" | "driver" | "opening">;

/** A mutant and how its checks ended. */
export interface Row {
  readonly mutant: AnyMutant;
  readonly report: JobReport;
  /** Ids of the checks that passed on it together with other mutants. */
  readonly inCompany?: readonly string[] | undefined;
}

/** The checks that run on a mutant alone: those that cite one of its rules, which only can kill it, and those that it lists. */
export const apart = (mutant: AnyMutant): readonly string[] => [...new Set([...citing(mutant), ...Object.keys(mutant.alsoFails ?? {})])];

/** The checks that cite one of the mutant's rules: only these kill it. */
export function citing(mutant: AnyMutant): readonly string[] {
  const broken = rulesOf(mutant);
  return allChecks.filter(({ rules }) => rules.some((rule) => broken.includes(rule))).map(({ id }) => id);
}

/** The checks that failed, those that kill the mutant apart from the rest. */
export function failuresOf({ mutant, report }: Row): { readonly killers: readonly string[]; readonly others: readonly string[] } {
  const cited = citing(mutant);
  const failed = report.ended.filter(({ status }) => status === "failed").map(({ id }) => id);
  return { killers: failed.filter((id) => cited.includes(id)), others: failed.filter((id) => !cited.includes(id)) };
}

/**
 * The matrix: a line per mutant, a character per check. `K` the check kills it, `x` it fails without citing the rule, `.` it passes,
 * `:` it passes on the mutant in company, `s` it is skipped, `-` nothing of the mutant can touch it, blank: not run this time.
 */
export function matrix(rows: readonly Row[]): string {
  const ids = allChecks.map(({ id }) => id);
  const family = ids.map((id) => id.replace(/-[0-9]+$/, ""));
  const starts = family.map((name, index) => (name === family[index - 1] ? undefined : `${index + 1} ${name}`)).filter((one) => one !== undefined);
  const scale = ids.map((_id, index) => ((index + 1) % 10 === 0 ? String(((index + 1) / 10) % 10) : "·")).join("");
  const lines = rows.map((row) => `${ids.map((id) => mark(row, id)).join("")}  ${row.mutant.name}`);
  return [`columns: ${starts.join(", ")}`, scale, ...lines].join("\n");
}

function mark(row: Row, id: string): string {
  const ended = row.report.ended.find((one) => one.id === id);
  if (ended === undefined) return row.inCompany?.includes(id) === true ? ":" : row.report.untouched.includes(id) ? "-" : " ";
  if (ended.status === "failed") return citing(row.mutant).includes(id) ? "K" : "x";
  return ended.status === "passed" ? "." : "s";
}
