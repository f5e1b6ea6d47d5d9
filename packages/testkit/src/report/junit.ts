import type { CheckResult, ConformanceReport } from "./report.js";
import { failureLines } from "./failure-story.js";

/** The report as JUnit XML: one test suite, one test case for each check, its family as the class name. */
export function toJUnit(report: ConformanceReport): string {
  const { backend, counts, results } = report;
  const attributes = attributesOf({
    name: `opensds-conformance ${backend.name}`,
    tests: results.length,
    failures: counts.failed,
    errors: 0,
    skipped: counts.skipped,
    time: seconds(report.ms),
    timestamp: report.startedAt,
  });
  const properties = Object.entries({
    kit: `${report.kit.name} ${report.kit.version}`,
    kind: backend.kind,
    node: report.node,
    seed: report.seed,
    prefix: report.prefix,
  }).map(([name, value]) => `      <property${attributesOf({ name, value })}/>`);
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites>`,
    `  <testsuite${attributes}>`,
    `    <properties>`,
    ...properties,
    `    </properties>`,
    ...results.map(testCase),
    `  </testsuite>`,
    `</testsuites>`,
    ``,
  ].join("\n");
}

function testCase(result: CheckResult): string {
  const open = `    <testcase${attributesOf({ classname: result.family, name: `${result.id} ${result.title}`, time: seconds(result.ms) })}`;
  const notes = (result.notes ?? []).map((note) => `      <system-out>${escapeXml(note)}</system-out>`);
  if (result.status === "passed") return notes.length === 0 ? `${open}/>` : `${open}>\n${notes.join("\n")}\n    </testcase>`;
  const inside =
    result.status === "skipped"
      ? `      <skipped${attributesOf({ message: result.reason ?? "" })}/>`
      : `      <failure${attributesOf({ message: result.error?.message ?? "failed" })}>${escapeXml(failureLines(result).join("\n"))}</failure>`;
  return `${open}>\n${inside}\n    </testcase>`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const attributesOf = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join("");

/** Escapes text for XML 1.0, which has no way at all to write most control characters and lone surrogates. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
  return (
    text
      .replace(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, (character) => `\\u${hex(character)}`)
      .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (half) => `\\u${hex(half)}`)
      .replace(/[&<>"']/g, (character) => entities[character] ?? character)
      // In an attribute a plain line end or tab would come back as a space.
      .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
  );
}

const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(4, "0");
