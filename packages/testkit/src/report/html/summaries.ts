import { formatDuration } from "../duration.js";
import type { CheckStatus } from "../report.js";
import { html, type Markup } from "./markup.js";
import type { PageColumn } from "./to-html.js";

/** A card for each driver: the verdict, the counts, and what is needed to repeat the run. */
export function summaries(columns: readonly PageColumn[]): Markup {
  return html`<section class="cards" aria-label="Runs">${columns.map(card)}</section>`;
}

function card({ report, label }: PageColumn): Markup {
  const { counts, backend } = report;
  return html`
<article class="card ${report.ok ? "ok" : "bad"}">
  <h2>${label} <small>${backend.kind}</small></h2>
  <p class="verdict">${verdict(counts.failed, report.ok)}<span class="level">level ${report.level}</span></p>
  ${bar(counts)}
  <p class="counts">${(["passed", "failed", "skipped"] as const).map((status) => html`<span class="${status}"><b>${counts[status]}</b> ${status}</span> `)}</p>
  ${report.problem !== undefined && html`<p class="problem">${report.problem}</p>`}
  ${report.levelGap !== undefined && report.levelGap !== report.problem && html`<details class="gap"><summary>Why not level full</summary><p>${report.levelGap}</p></details>`}
  <dl>
    <dt>Took</dt><dd>${formatDuration(report.ms)}</dd>
    <dt>Seed</dt><dd><code>${report.seed}</code></dd>
    <dt>Begun</dt><dd><time datetime="${report.startedAt}">${report.startedAt.slice(0, 16).replace("T", " ")} UTC</time></dd>
    <dt>Node</dt><dd>${report.node}, ${report.platform}</dd>
    <dt>Facets</dt><dd>${backend.manifest.facets.join(", ") || "none"}</dd>
  </dl>
</article>`;
}

const verdict = (failed: number, ok: boolean): string => (failed > 0 ? `${failed} failed` : ok ? "All that ran passed" : "Not a success");

function bar(counts: Readonly<Record<CheckStatus, number>>): Markup {
  const parts = (["failed", "passed", "skipped"] as const).filter((status) => counts[status] > 0);
  return html`<div class="bar" role="img" aria-label="${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped">${parts.map(
    (status) => html`<i class="${status}" style="flex-grow:${counts[status]}"></i>`,
  )}</div>`;
}
