import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { toBadge } from "../report/badge.js";
import { toHtml } from "../report/html/to-html.js";
import { toJUnit } from "../report/junit.js";
import type { ConformanceReport } from "../report/report.js";
import { BadInput } from "../target/bad-input.js";
import type { ProgressOutput } from "./progress.js";

/** Where reports are to be written; `json` may be `-` for standard output. */
export interface ReportFiles {
  readonly json: string | undefined;
  readonly junit: string | undefined;
  readonly html: string | undefined;
  readonly badge: string | undefined;
}

/** Complains before the run about files that could not be written after it. */
export function expectReportFiles({ json, junit, html, badge }: ReportFiles): void {
  for (const [option, file] of Object.entries({ junit, html, badge })) {
    if (file === "-") throw new BadInput(`--${option} writes to a file; only --json takes - for standard output`);
  }
  for (const file of [json, junit, html, badge]) if (file !== undefined && file !== "-") expectWritable(file);
}

/** Writes the reports that were asked for. */
export function writeReports(report: ConformanceReport, { json, junit, html, badge }: ReportFiles, stdout: ProgressOutput): void {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (json === "-") stdout.write(text);
  else if (json !== undefined) writeFileSync(json, text);
  if (junit !== undefined) writeFileSync(junit, toJUnit(report));
  if (html !== undefined) writeFileSync(html, toHtml([report]));
  if (badge !== undefined) writeFileSync(badge, toBadge(report));
}

/** BadInput unless the file's folder may be written to. */
export function expectWritable(file: string): void {
  const folder = dirname(resolve(file));
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new BadInput(`${file} cannot be written: ${folder} is no folder that may be written to`);
  }
}
