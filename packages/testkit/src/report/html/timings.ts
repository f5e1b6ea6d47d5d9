import { formatDuration } from "../duration.js";
import type { CheckResult } from "../report.js";
import { html, type Markup } from "./markup.js";
import type { PageColumn } from "./to-html.js";

/** Checks in the list of the slowest. */
const slowestShown = 10;

/** Where the time went: each check's time by family, and the slowest checks. */
export function timings(columns: readonly PageColumn[]): Markup {
  const ran = columns.map(({ results }) => [...results.values()].filter(({ status }) => status !== "skipped"));
  const longestMs = Math.max(10, ...ran.flat().map(({ ms }) => ms));
  const families = [...new Set(ran.flat().map(({ family }) => family))];
  if (families.length === 0) return html``;
  const scale = logScale(longestMs);
  return html`
<section class="timings" aria-label="Times">
  <h2>Times</h2>
  <p class="legend">${columns.map(({ label }, index) => html`<span class="series-${index % seriesColours}">${label}</span> `)}<small>one dot is one check; the scale is logarithmic</small></p>
  <div class="strips">
    ${families.map(
      (family) => html`<div class="strip"><span>${family}</span><div class="track">${ran.map((results, index) => results.filter((result) => result.family === family).map((result) => dot(result, index, scale)).reduce(join, html``))}</div></div>`,
    )}
    <div class="strip axis" aria-hidden="true"><span></span><div class="track">${ticks(longestMs).map((ms) => html`<i style="left:${scale(ms)}">${formatDuration(ms)}</i>`)}</div></div>
  </div>
  <h3>The slowest</h3>
  <ol class="slowest">${slowest(columns).map(
    ({ result, label, index }) => html`<li class="series-${index % seriesColours}"><a href="#${result.id}">${result.id}</a> <small>${label}</small><span class="length"><i style="width:${percentOf(result.ms, longestMs)}"></i></span><b>${formatDuration(result.ms)}</b></li>`,
  )}</ol>
</section>`;
}

/** Different colours for drivers; more drivers begin again. */
const seriesColours = 6;

const join = (one: Markup, other: Markup): Markup => html`${one}${other}`;

function dot({ id, ms, status }: CheckResult, index: number, scale: (ms: number) => string): Markup {
  return html`<a href="#${id}" class="dot series-${index % seriesColours} ${status}" style="left:${scale(ms)}" title="${id}: ${formatDuration(ms)}"></a>`;
}

/** 1 ms at the left, the longest at the right. */
function logScale(longestMs: number): (ms: number) => string {
  const most = Math.log10(longestMs);
  return (ms) => `${((100 * Math.log10(Math.max(1, ms))) / most).toFixed(2)}%`;
}

const ticks = (longestMs: number): readonly number[] => [1, 10, 100, 1_000, 10_000, 100_000].filter((ms) => ms <= longestMs);

const percentOf = (ms: number, longestMs: number): string => `${((100 * ms) / longestMs).toFixed(1)}%`;

function slowest(columns: readonly PageColumn[]): readonly { readonly result: CheckResult; readonly label: string; readonly index: number }[] {
  return columns
    .flatMap(({ label, results }, index) => [...results.values()].map((result) => ({ result, label, index })))
    .filter(({ result }) => result.status !== "skipped")
    .sort((one, other) => other.result.ms - one.result.ms)
    .slice(0, slowestShown);
}
