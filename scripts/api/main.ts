// pnpm api:check: the public declarations are those of docs/api-report, and all of them are explained. pnpm api:update writes them there.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryPoints, repository } from "./entry-points.js";
import { firstDifference } from "./first-difference.js";
import { makeReport } from "./make-report.js";
import { undocumentedIn } from "./undocumented.js";

const reports = join(repository, "docs/api-report");

process.exitCode = await main(process.argv.includes("--update"));

async function main(update: boolean): Promise<number> {
  const problems: string[] = [];
  const temporary = await mkdtemp(join(tmpdir(), "opensds-api-"));
  try {
    await mkdir(reports, { recursive: true });
    const entries = await entryPoints();
    for (const entry of entries) {
      const file = join(reports, entry.report);
      const report = await makeReport(entry, temporary);
      const known = await readFile(file, "utf8").catch(() => "");
      if (update && report !== known) console.log(`docs/api-report/${entry.report} written`);
      if (update) await writeFile(file, report);
      else if (report !== known) problems.push(`${entry.name} is not as docs/api-report/${entry.report} has it; ${firstDifference(known, report)}`);
      problems.push(...undocumentedIn(report).map((name) => `${entry.name} exports ${name} without a docstring`));
    }
    const wanted = new Set(entries.map(({ report }) => report));
    for (const name of (await readdir(reports)).filter((file) => file.endsWith(".api.md") && !wanted.has(file))) {
      if (update) await rm(join(reports, name));
      else problems.push(`docs/api-report/${name} is the report of nothing that is exported`);
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) console.log("The public declarations are as docs/api-report has them, and explained.");
  else if (!update) console.error("\nIf the change is meant: pnpm api:update, and commit the reports with it.");
  return problems.length === 0 ? 0 : 1;
}
