import type { CheckResult, ConformanceReport } from "../report.js";
import { html, raw, type Markup } from "./markup.js";
import { matrix } from "./matrix.js";
import { pageScript } from "./page-script.js";
import { pageStyle } from "./page-style.js";
import { summaries } from "./summaries.js";
import { timings } from "./timings.js";

/** A report with what tells it from the others on the page. */
export interface PageColumn {
  readonly report: ConformanceReport;
  readonly label: string;
  readonly results: ReadonlyMap<string, CheckResult>;
}

/**
 * One self-contained page about one or several reports: what each driver does, check by check, with each failure's story and the
 * times. Needs no server and nothing from elsewhere; without scripts only the filters are missing.
 */
export function toHtml(reports: readonly ConformanceReport[]): string {
  const columns = columnsOf(reports);
  const title = `Southbound conformance: ${columns.map(({ label }) => label).join(", ")}`;
  const page: Markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>${raw(pageStyle)}</style>
</head>
<body style="--columns: ${columns.length}">
<header><h1>Southbound conformance</h1><p>${subtitle(reports)}</p></header>
<main>
${summaries(columns)}
${matrix(columns)}
${timings(columns)}
</main>
<script>${raw(pageScript)}</script>
</body>
</html>
`;
  return page.markup;
}

/** Backends of one name are told apart by number. */
function columnsOf(reports: readonly ConformanceReport[]): readonly PageColumn[] {
  const seen = new Map<string, number>();
  return reports.map((report) => {
    const { name } = report.backend;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const label = count === 1 ? name : `${name} (${count})`;
    return { report, label, results: new Map(report.results.map((result) => [result.id, result])) };
  });
}

function subtitle(reports: readonly ConformanceReport[]): string {
  const kits = new Set(reports.map(({ kit }) => `${kit.name} ${kit.version}`));
  const contracts = new Set(reports.map(({ contract }) => `contract ${contract}`));
  return [...kits, ...contracts].join(", ");
}
