import type { CheckResult } from "./report.js";

/** More calls than these are left out of the middle of a story. */
const shownCalls = 40;

/** A failure's story: what was expected, what came, the rules, and the calls that led there. */
export function failureLines(result: CheckResult): string[] {
  const { error, calls = [], leftovers = [] } = result;
  const lines: string[] = [];
  if (error !== undefined) lines.push(error.message);
  if (error?.expected !== undefined) lines.push(`expected  ${error.expected}`);
  if (error?.actual !== undefined) lines.push(`came      ${error.actual}`);
  for (const { id, text } of result.rules) lines.push(`rule      ${id}: ${text}`);
  for (const leftover of leftovers) lines.push(`left      ${leftover}`);
  if (error?.stack !== undefined) lines.push(...error.stack.split("\n").slice(1, 6).map((line) => `thrown    ${line.trim()}`));
  if (calls.length > 0) lines.push("calls (at, took)");
  for (const [index, call] of calls.entries()) {
    if (calls.length > shownCalls && index === shownCalls / 2) lines.push(`  ... ${calls.length - shownCalls} more calls ...`);
    if (calls.length > shownCalls && index >= shownCalls / 2 && index < calls.length - shownCalls / 2) continue;
    const times = `${milliseconds(call.atMs)}${milliseconds(call.ms)}`;
    lines.push(`${times}  ${call.by}  ${call.operation}${call.request === "" ? "" : ` ${call.request}`}`);
    lines.push(`${" ".repeat(times.length)}    ${call.failed ? "failed" : "->"} ${call.result}`);
  }
  return lines;
}

const milliseconds = (ms: number): string => `${ms} ms`.padStart(10);
