import { isKnownReason, isSouthboundError, reasons, type Outcome } from "@opensds/core";
import { printable, textTable } from "./text-table.js";

const changed: Readonly<Record<Outcome, string>> = {
  none: "nothing",
  applied: "yes, what was asked for is done",
  unknown: "nobody can tell; the same command again is safe and finishes it",
};

/** An error for people: what failed and why, what to do, whether anything changed; no stack. */
export function explain(error: unknown): string {
  if (!isSouthboundError(error)) return error instanceof Error ? printable(error.message) : printable(String(error));
  const { operation, backend, code, reason, message, outcome, details } = error;
  const where = [operation, backend === undefined ? undefined : `on ${backend}`].filter((part) => part !== undefined).join(" ");
  const { mistakes: _shown, ...others } = details;
  const facts = [
    ["error", `${code} ${reason}`],
    ...(isKnownReason(reason) ? [["what to do", reasons[reason].mend]] : []),
    ["changed", changed[outcome]],
    ...Object.entries(others).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ...causes(error).map((cause) => ["caused by", cause]),
  ];
  const story = message.split("\n").map(printable).join("\n");
  return `${where === "" ? "" : `${where}: `}${story}\n${indent(textTable(undefined, facts))}`;
}

const indent = (text: string): string => text.replace(/^/gm, "  ");

function causes(error: Error): readonly string[] {
  const found: string[] = [];
  for (let cause = error.cause; cause instanceof Error && found.length < 8; cause = cause.cause) {
    if (!error.message.includes(cause.message)) found.push(cause.message);
  }
  return found;
}
