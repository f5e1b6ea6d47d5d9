import type { JobReport } from "./job.js";
import { failuresOf, type Row } from "./matrix.js";
import type { Numbered } from "./plan.js";

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

/** How one mutant fared. */
export function describeRow(row: Row): string {
  const { killers, others } = failuresOf(row);
  const { ended, ms, brokeOff } = row.report;
  const also = others.length === 0 ? "" : `; also ${others.join(", ")}`;
  const verdict = brokeOff !== undefined ? "BROKE OFF" : killers.length === 0 ? "SURVIVED" : `killed by ${killers.join(", ")}`;
  const company = row.inCompany === undefined ? "" : `, ${row.inCompany.length} in company`;
  return `${verdict}${also} [${ended.length} checks${company}, ${seconds(ms)}]: ${row.mutant.name}`;
}

/** How a company fared: which checks failed on it, and of whom that is suspected. */
export function describeCompany(members: readonly Numbered[], { ended, suspicions = [], brokeOff, ms }: JobReport): string {
  if (brokeOff !== undefined) return `BROKE OFF: ${brokeOff}`;
  const failed = ended.filter(({ status }) => status === "failed").map(({ id, says = "no words" }) => {
    const names = suspicions.filter((one) => one.id === id).map(({ number }) => members.find((one) => one.number === number)?.mutant.name ?? "");
    return `\n  ${id} failed: ${names.length === 0 ? "because some of them met" : `it is looked at on ${names.map((name) => `"${name}"`).join(", ")} alone`} (${says.slice(0, 300)})`;
  });
  return `${members.length} mutants, ${ended.length - failed.length} of ${ended.length} checks passed [${seconds(ms)}]${failed.join("")}`;
}
