import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchRow } from "../../bench/src/row.js";
import { root } from "./root.js";
import { markdownTable } from "./tables.js";

/** What `npm run bench -- --json docs/figures.json` wrote last, and the repository holds. */
export const figuresFile = "docs/figures.json";

type Figure = Pick<BenchRow, "area" | "case" | "ours" | "peer" | "peerName" | "peerVersion" | "ratio" | "unit" | "n">;

const isFigure = (value: unknown): value is Figure =>
  typeof value === "object" &&
  value !== null &&
  ["ours", "peer", "ratio", "n"].every((field) => typeof Object.getOwnPropertyDescriptor(value, field)?.value === "number") &&
  ["area", "case", "peerName", "peerVersion", "unit"].every((field) => typeof Object.getOwnPropertyDescriptor(value, field)?.value === "string");

/** The measured figures, ours beside the peer's; a word where nothing has been measured yet. */
export async function figuresTable(): Promise<string> {
  const text = await readFile(join(root, figuresFile), "utf8").catch(() => undefined);
  if (text === undefined) return "No figures are kept here yet.";
  const rows: unknown = JSON.parse(text);
  if (!Array.isArray(rows) || !rows.every(isFigure)) throw new Error(`${figuresFile} is not what npm run bench writes`);
  return markdownTable(
    ["", "case", "ours", "peer", "", "ratio (below 1 is better)", "n"],
    rows.map((row) => [row.area, row.case, amount(row.ours, row.unit), amount(row.peer, row.unit), `${row.peerName} ${row.peerVersion}`, row.ratio.toFixed(2), String(row.n)]),
  );
}

const amount = (value: number, unit: string): string => `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ${unit === "us" ? "µs" : unit}`;
