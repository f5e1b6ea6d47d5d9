// npm test: every family of tests, with what each used of its time budget; the last line is the verdict.
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { formatMs, table } from "../lib/table.js";
import { families, type Family } from "./families.js";
import { exitCodeOf, interruptedBy, listenForSignals } from "./interruption.js";
import { createLabSession, type LabAnswer, type LabSession } from "./lab-session.js";
import { total, verdict, type Counts, type FamilyResult } from "./result.js";

const { values } = parseArgs({
  options: {
    /** Everything instead of a sample: `npm test -- --full`. */
    full: { type: "boolean", default: false },
    /** Some families only: `npm test -- --only unit --only "live cinder"`. */
    only: { type: "string", multiple: true },
  },
});
const { full } = values;
const unknown = (values.only ?? []).filter((name) => !families.some((family) => family.name === name));
if (unknown.length > 0) throw new Error(`there is no family ${unknown.join(", ")}; choose from ${families.map(({ name }) => name).join(", ")}`);
// What comes after the build works with what that has made.
const firstBuilt = families.findIndex(({ name }) => name === "build");
const isChosen = (name: string): boolean => values.only?.includes(name) ?? true;
const wanted = families.filter(({ name }, index) => isChosen(name) || (index === firstBuilt && families.slice(index).some((later) => isChosen(later.name))));

listenForSignals();
process.exitCode = await main();

async function main(): Promise<number> {
  const seed = process.env["SB_SEED"] ?? (await commitSeed());
  console.log(`Node ${process.version}, seed ${seed} (the same again: SB_SEED=${seed} npm test)`);
  const results: FamilyResult[] = [];
  const lab = createLabSession();
  try {
    for (const family of wanted) {
      if (interruptedBy() === undefined) results.push(await runFamily(family, seed, lab));
    }
  } finally {
    await lab.end();
  }
  const signal = interruptedBy();
  if (signal === undefined) return report(results);
  await report([...results, interruptedRun(signal, results.at(-1)?.family)]);
  return exitCodeOf(signal);
}

async function runFamily(family: Family, seed: string, lab: LabSession): Promise<FamilyResult> {
  console.log(`\n=== ${family.name} (budget ${family.budgetSeconds} s)`);
  const answer: LabAnswer = family.lab === undefined ? { available: true } : await lab.need(family.lab);
  const begin = performance.now();
  const counts = answer.available ? await family.run(seed, full).catch(brokenFamily) : withoutLab(family, answer.why);
  return { ...counts, family: family.name, ms: performance.now() - begin, budgetSeconds: family.budgetSeconds };
}

function withoutLab(family: Family, why: string): Counts {
  console.log(`*** ${family.name} does NOT run: ${why}`);
  const skipped = [`${family.name}: ${why.split("\n")[0] ?? ""}`];
  // On a developer's machine a missing lab is a loud skip; in CI nothing may be missing, unless it was asked for.
  const failed = process.env["CI"] === "true" && process.env["SB_LAB"] !== "off" ? 1 : 0;
  return { passed: 0, failed, skipped };
}

function interruptedRun(signal: NodeJS.Signals, last: string | undefined): FamilyResult {
  const skipped = [`what comes after ${last ?? "the beginning"}: interrupted by ${signal}`];
  return { family: `interrupted by ${signal}`, passed: 0, failed: 1, skipped, ms: 0, budgetSeconds: 0 };
}

function brokenFamily(error: unknown): Counts {
  // What was not begun is no bug, whose stack somebody would need.
  console.error(interruptedBy() !== undefined && error instanceof Error ? error.message : error);
  return { passed: 0, failed: 1, skipped: [] };
}

async function report(results: readonly FamilyResult[]): Promise<number> {
  const sum = total(results);
  const rows = results.map(({ family, passed, failed, skipped, ms, budgetSeconds }) => [
    family,
    String(passed),
    String(failed),
    String(skipped.length),
    formatMs(ms),
    `${budgetSeconds} s`,
    ms > budgetSeconds * 1_000 ? "OVER BUDGET" : "",
  ]);
  console.log(`\n${table(["family", "passed", "failed", "skipped", "time", "budget", ""], rows)}\n`);
  for (const line of sum.skipped) console.log(`skipped: ${line}`);
  console.log(verdict(sum));
  const summaryFile = process.env["OPENSDS_TEST_SUMMARY"];
  const skipLine = sum.skipped.length === 0 ? "skipped: nothing" : `skipped: ${sum.skipped.join("; ")}`;
  if (summaryFile !== undefined) await writeFile(summaryFile, `${skipLine}\n${verdict(sum)}\n`);
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}

/** A seed that changes with every commit and stays for one: the first 31 bits of its hash. */
async function commitSeed(): Promise<string> {
  const { stdout, exitCode } = await execa("git", ["rev-parse", "HEAD"], { reject: false });
  return exitCode === 0 ? String(Number.parseInt(stdout.slice(0, 8), 16) >>> 1) : "1";
}
