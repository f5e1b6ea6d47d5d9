import { allChecks } from "@opensds/testkit";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cephMutants, referenceMutants } from "../../mutants/src/corpus/index.js";
import { rulesOf } from "../../mutants/src/mutant.js";
import { proofsPath, readProofs, type Proofs } from "../../mutants/src/run/proofs.js";
import { checkProblems } from "../../mutants/src/run/verdict.js";
import { root } from "./root.js";
import type { SpecText } from "./spec-text.js";
import type { UnprovenRules } from "./unproven-rules.js";

/** What is wrong between the MUSTs, the checks that cite them, and the mutants that break them and are killed by those checks. */
export async function proofProblems({ rules }: SpecText, { exceptions, pending }: UnprovenRules): Promise<readonly string[]> {
  const proofs = readProofs(await readFile(join(root, proofsPath), "utf8"));
  const proved = provedRules(proofs);
  const listed = [...Object.keys(exceptions), ...pending];
  return [
    ...driftProblems(proofs),
    ...rules
      .filter(({ id, level }) => level === "MUST" && !listed.includes(id) && !proved.has(id))
      .map(({ id }) => `${id} is a MUST, and no mutant breaks it and is killed by a check that cites it`),
    ...checkProblems(proofs),
  ];
}

/** The rules that a mutant breaks which a check that cites the same rule kills. */
function provedRules(proofs: Proofs): ReadonlySet<string> {
  const cited = new Map(allChecks.map(({ id, rules }) => [id, new Set<string>(rules)]));
  return new Set(Object.values(proofs).flatMap(({ breaks, killedBy }) => breaks.filter((rule) => killedBy.some((id) => cited.get(id)?.has(rule)))));
}

/** The table and the corpus speak of the same mutants and rules, and the table of checks that there are and that cite them. */
function driftProblems(proofs: Proofs): readonly string[] {
  const mutants = [...referenceMutants, ...cephMutants];
  const checks = new Map(allChecks.map((check) => [check.id, check]));
  return [
    ...mutants.filter(({ name }) => !(name in proofs)).map(({ name }) => `${proofsPath} lacks the mutant ${JSON.stringify(name)}: run pnpm test:mutants --update`),
    ...Object.entries(proofs).flatMap(([name, { breaks, killedBy, alsoFails }]) => {
      const mutant = mutants.find((one) => one.name === name);
      if (mutant === undefined) return [`${proofsPath} speaks of ${JSON.stringify(name)}, which is no mutant`];
      const same = rulesOf(mutant).join() === breaks.join();
      const strangers = [...killedBy, ...alsoFails].filter((id) => !checks.has(id));
      const idle = killedBy.filter((id) => checks.get(id)?.rules.some((rule) => breaks.includes(rule)) === false);
      return [
        ...(same ? [] : [`${proofsPath} says of ${JSON.stringify(name)} that it breaks ${breaks.join(", ")}`]),
        ...(killedBy.length > 0 ? [] : [`${proofsPath} has nobody who kills ${JSON.stringify(name)}`]),
        ...strangers.map((id) => `${proofsPath} speaks of ${id}, which is no check`),
        ...idle.map((id) => `${proofsPath} says that ${id} kills ${JSON.stringify(name)}, and it cites none of its rules any more`),
      ];
    }),
  ];
}
