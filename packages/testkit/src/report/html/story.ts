import type { CallRecord } from "../../run/call-log.js";
import { formatDuration } from "../duration.js";
import type { CheckResult } from "../report.js";
import { html, type Markup } from "./markup.js";
import type { PageColumn } from "./to-html.js";

/** How a check ended on one driver: for a failure what was expected, what came, and every call that led there. */
export function story({ label, report }: PageColumn, result: CheckResult | undefined): Markup {
  if (result === undefined) return html`<p class="story absent"><b>${label}</b> not in this run</p>`;
  if (result.status === "passed") return html`<p class="story passed"><b>${label}</b> passed in ${formatDuration(result.ms)}${notesOf(result)}</p>`;
  if (result.status === "skipped" && result.error === undefined) {
    return html`<p class="story skipped"><b>${label}</b> skipped: ${result.reason}</p>`;
  }
  const { error, calls = [], leftovers = [] } = result;
  return html`
<div class="story ${result.status}">
  <p><b>${label}</b> ${result.status === "skipped" ? result.reason : html`failed after ${formatDuration(result.ms)}`}</p>
  <p class="message">${error?.message}</p>
  ${error?.expected !== undefined && html`<dl class="compare"><dt>expected</dt><dd><pre>${error.expected}</pre></dd><dt>came</dt><dd><pre>${error.actual ?? ""}</pre></dd></dl>`}
  ${notesOf(result)}
  ${leftovers.map((leftover) => html`<p class="left">Left over: ${leftover}</p>`)}
  ${error?.stack !== undefined && html`<details><summary>Thrown from</summary><pre>${error.stack}</pre></details>`}
  ${calls.length > 0 && callTable(calls)}
  <p class="again">Again: <code>--only ${result.id} --seed ${report.seed}</code></p>
</div>`;
}

const notesOf = ({ notes = [] }: CheckResult): Markup => html`${notes.map((note) => html` <span class="note">${note}</span>`)}`;

function callTable(calls: readonly CallRecord[]): Markup {
  const end = Math.max(...calls.map(({ atMs, ms }) => atMs + ms), 1);
  return html`
<div class="scroll"><table class="calls">
  <caption>The calls that led there</caption>
  <thead><tr><th>at</th><th>took</th><th>when</th><th>by</th><th>call</th></tr></thead>
  <tbody>${calls.map(
    (call) => html`
    <tr class="${call.failed ? "failed" : "passed"}">
      <td class="number">${call.atMs} ms</td><td class="number">${call.ms} ms</td>
      <td class="when"><i style="margin-left:${percent(call.atMs, end)};width:${percent(call.ms, end)}"></i></td>
      <td>${call.by}</td>
      <td><code class="call"><b>${call.operation}</b> ${call.request}</code><code class="result">${call.failed ? "failed: " : "→ "}${call.result}</code></td>
    </tr>`,
  )}</tbody>
</table></div>`;
}

const percent = (part: number, whole: number): string => `${Math.min(100, (100 * part) / whole).toFixed(1)}%`;
