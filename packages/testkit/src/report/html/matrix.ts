import { formatDuration } from "../duration.js";
import type { CheckResult, CheckStatus } from "../report.js";
import { html, type Markup } from "./markup.js";
import { story } from "./story.js";
import type { PageColumn } from "./to-html.js";

type AnyStatus = CheckStatus | "absent";

const marks: Readonly<Record<AnyStatus, string>> = { passed: "✓", failed: "✗", skipped: "–", absent: "·" };
const words: Readonly<Record<AnyStatus, string>> = { passed: "passed", failed: "failed", skipped: "skipped", absent: "not in this run" };

/** Every check with how it ended on each driver; each opens to its rules and stories. */
export function matrix(columns: readonly PageColumn[]): Markup {
  const checks = checksOf(columns);
  const families = [...new Set(checks.map(({ family }) => family))];
  return html`
<section class="matrix" aria-label="Checks">
  <form class="filters" role="search" aria-label="Filter the checks">
    <input type="search" name="text" placeholder="Filter by id, title or rule" aria-label="Text">
    <fieldset aria-label="Status">${(["all", "failed", "skipped", "passed"] as const).map(
      (status) => html`<label><input type="radio" name="status" value="${status}"${status === "all" && html` checked`}><span>${status} <b>${countOf(checks, columns, status)}</b></span></label>`,
    )}</fieldset>
    <select name="family" aria-label="Family"><option value="">every family</option>${families.map((family) => html`<option>${family}</option>`)}</select>
    <select name="level" aria-label="Level"><option value="">every level</option><option>basic</option><option>full</option></select>
    <output>${checks.length} checks</output>
  </form>
  <div class="head" aria-hidden="true"><span>Check</span>${columns.map(({ label }) => html`<span>${label}</span>`)}</div>
  ${families.map(
    (family) => html`<section class="family" data-family="${family}"><h3>${family}</h3>${checks.filter((check) => check.family === family).map((check) => row(check, columns))}</section>`,
  )}
  <p class="nothing" hidden>No check fits these filters.</p>
</section>`;
}

/** Every check that any report has, in the order of the first that has it. */
function checksOf(columns: readonly PageColumn[]): readonly CheckResult[] {
  const all = new Map<string, CheckResult>();
  for (const { report } of columns) for (const result of report.results) if (!all.has(result.id)) all.set(result.id, result);
  return [...all.values()];
}

const statusesOf = (check: CheckResult, columns: readonly PageColumn[]): readonly AnyStatus[] =>
  columns.map(({ results }) => results.get(check.id)?.status ?? "absent");

function countOf(checks: readonly CheckResult[], columns: readonly PageColumn[], status: CheckStatus | "all"): number {
  return status === "all" ? checks.length : checks.filter((check) => statusesOf(check, columns).includes(status)).length;
}

function row(check: CheckResult, columns: readonly PageColumn[]): Markup {
  const statuses = statusesOf(check, columns);
  return html`
<details class="check" id="${check.id}" data-level="${check.level}" data-statuses="${statuses.join(" ")}" data-rules="${check.rules.map(({ id }) => id).join(" ")}">
  <summary><span class="what"><code>${check.id}</code> <span>${check.title}</span></span>${columns.map(({ label, results }) => cell(label, results.get(check.id)))}</summary>
  <div class="inside">
    <ul class="rules">${check.rules.map(({ id, text }) => html`<li><code>${id}</code> ${text}</li>`)}</ul>
    ${columns.map((column) => story(column, column.results.get(check.id)))}
  </div>
</details>`;
}

function cell(label: string, result: CheckResult | undefined): Markup {
  const status = result?.status ?? "absent";
  const took = result === undefined || status === "skipped" ? "" : formatDuration(result.ms);
  return html`<span class="cell ${status}" title="${label}: ${words[status]}${took === "" ? "" : ` in ${took}`}"><span class="who">${label}</span><b aria-hidden="true">${marks[status]}</b><span class="spoken">${words[status]}</span><small>${took}</small></span>`;
}
