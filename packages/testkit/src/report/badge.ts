import { escapeXml } from "./junit.js";
import type { ConformanceReport } from "./report.js";

/** A badge for a README: the level that the run showed, or what failed. SVG, no fonts or images from elsewhere. */
export function toBadge(report: ConformanceReport): string {
  const label = "southbound";
  const { failed, passed } = report.counts;
  const message = failed > 0 ? `${failed} failing` : !report.ok ? "not run" : report.level === "none" ? `${passed} passed` : `level ${report.level}`;
  const colour = failed > 0 || !report.ok ? "#b42318" : report.level === "full" ? "#1a7f37" : report.level === "basic" ? "#3f7d20" : "#8a6100";
  const [left, right] = [widthOf(label), widthOf(message)];
  const title = escapeXml(`${label}: ${message} (${report.backend.kind}, contract ${report.contract})`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    `<clipPath id="r"><rect width="${left + right}" height="20" rx="3"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#444c56"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/></g>`,
    `<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">`,
    `<text x="${left / 2}" y="14" textLength="${left - padding}">${label}</text>`,
    `<text x="${left + right / 2}" y="14" textLength="${right - padding}">${escapeXml(message)}</text>`,
    `</g></svg>`,
    ``,
  ].join("\n");
}

const padding = 12;

/** A width that suits the usual badge font; `textLength` makes whatever font there is fit it. */
const widthOf = (text: string): number => Math.round(text.length * 6.6) + padding;
