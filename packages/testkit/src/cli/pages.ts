import { readFileSync, writeFileSync } from "node:fs";
import type { ConformanceReport } from "../report/report.js";
import { toHtml } from "../report/html/to-html.js";
import { BadInput } from "../target/bad-input.js";
import type { HtmlRequest } from "./arguments.js";
import type { ProgressOutput } from "./progress.js";
import { expectWritable } from "./write-reports.js";

/** Puts several JSON reports into one page; returns the exit code. */
export function mergePages({ reports, output }: HtmlRequest, stdout: ProgressOutput): number {
  expectWritable(output);
  const read = reports.map(readReport);
  writeFileSync(output, toHtml(read));
  stdout.write(`${output}: ${read.length === 1 ? "1 report" : `${read.length} reports`}\n`);
  return 0;
}

function readReport(file: string): ConformanceReport {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new BadInput(`the report ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isReport(parsed)) return parsed;
  throw new BadInput(`${file} is no report of this command's --json, or of another version of it`);
}

/** Only what this command wrote itself gets here; the parts that the page is built from are looked at. */
function isReport(value: unknown): value is ConformanceReport {
  if (typeof value !== "object" || value === null) return false;
  return (
    "kit" in value &&
    "counts" in value &&
    "level" in value &&
    "backend" in value &&
    typeof value.backend === "object" &&
    value.backend !== null &&
    "manifest" in value.backend &&
    "results" in value &&
    Array.isArray(value.results) &&
    value.results.every((result: unknown) => typeof result === "object" && result !== null && "id" in result && "status" in result && "rules" in result)
  );
}
