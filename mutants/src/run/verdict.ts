import { allChecks } from "@opensds/testkit";
import { failuresOf, type Row } from "./matrix.js";
import type { Proofs } from "./proofs.js";

/** A mutant may make so many checks fail that cite none of its rules. */
export const mostOthers = 3;

/** A check that only mutants kill which everything kills says little by itself. */
const mostKillers = 3;

/** What is wrong with one mutant's row, in words. */
export function rowProblems(row: Row): readonly string[] {
  const { name, alsoFails = {} } = row.mutant;
  if (row.report.brokeOff !== undefined) return [`${name}: ${row.report.brokeOff}`];
  const { killers, others } = failuresOf(row);
  const ended = (id: string) => row.report.ended.find((one) => one.id === id);
  const quote = (id: string): string => `${id} (${ended(id)?.says ?? "no words"})`;
  return [
    ...(killers.length === 0 ? [`survived: ${name}`] : []),
    ...others.filter((id) => !(id in alsoFails)).map((id) => `${name}: a check fails on it that cites none of its rules: ${quote(id)}`),
    ...Object.keys(alsoFails).filter((id) => !allChecks.some((check) => check.id === id)).map((id) => `${name}: alsoFails lists ${id}, which is no check`),
    ...(Object.keys(alsoFails).length > mostOthers ? [`${name}: more than ${mostOthers} checks in alsoFails`] : []),
  ];
}

/** Where a run has shown something else than the table says, of the checks that it ran. */
export function driftProblems(row: Row, proofs: Proofs): readonly string[] {
  const { name } = row.mutant;
  const proof = proofs[name];
  if (row.report.brokeOff !== undefined) return [];
  if (proof === undefined) return [`${name}: it is not in the table of proofs`];
  const { killers, others } = failuresOf(row);
  const ran = new Set(row.report.ended.map(({ id }) => id));
  const failed = [...killers, ...others];
  // What fails besides may hang on the moment that the seed draws for a kill; what kills may not.
  const proved = proof.killedBy.filter((id) => ran.has(id));
  return [
    ...failed.filter((id) => ![...proved, ...proof.alsoFails].includes(id)).map((id) => `${name}: ${id} fails on it, and the table of proofs does not say so`),
    ...proved.filter((id) => !failed.includes(id)).map((id) => `${name}: ${id} does not fail on it, and the table of proofs says so`),
  ];
}

/** Checks that no mutant proves able to fail by itself: none that at most three checks kill. */
export function checkProblems(proofs: Proofs): readonly string[] {
  const shown = new Set(Object.values(proofs).flatMap(({ killedBy }) => (killedBy.length <= mostKillers ? killedBy : [])));
  return allChecks.filter(({ id }) => !shown.has(id)).map(({ id }) => `no mutant that at most ${mostKillers} checks kill is killed by ${id}`);
}
