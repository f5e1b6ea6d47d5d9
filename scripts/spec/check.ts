import { citationProblems } from "./check-citations.js";
import { driftProblems } from "./check-drift.js";
import { errorProblems } from "./check-errors.js";
import { proofProblems } from "./check-proofs.js";
import { referenceProblems } from "./check-references.js";
import { countRules, ruleProblems } from "./check-rules.js";
import { readSpec } from "./spec-text.js";
import { readUnprovenRules } from "./unproven-rules.js";

// Proves that the specification, the suite's checks and their mutants, the errors and everything generated agree.
const spec = await readSpec();
const unproven = await readUnprovenRules();
const problems = [
  ...ruleProblems(spec, unproven),
  ...errorProblems(spec),
  ...(await referenceProblems(spec)),
  ...(await citationProblems()),
  ...(await driftProblems()),
  ...(await proofProblems(spec, unproven)),
];

const { rules, musts, covered, pending, exceptions } = countRules(spec, unproven);
console.log(`${rules} rules, ${musts} of them MUST: ${covered} proved by checks and by mutants that these kill, ${exceptions} exceptions, ${pending} pending`);
console.log(`${spec.errorRows.length} rows of error tables`);
for (const problem of problems) console.error(`- ${problem}`);
console.log(problems.length === 0 ? "The specification, the code and the suite agree." : `${problems.length} problems.`);
process.exitCode = problems.length === 0 ? 0 : 1;
