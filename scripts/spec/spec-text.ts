import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./root.js";

/** Where the specification stands, below the root. */
export const specPath = "docs/spec/southbound-v0.01.md";

/** A numbered rule of the specification. */
export interface SpecRule {
  readonly id: string;
  readonly level: "MUST" | "SHOULD" | "MAY";
  readonly words: string;
  readonly line: number;
}

/** A row of an error table. */
export interface ErrorRow {
  readonly line: number;
  /** The number of the section that the table stands in: `8.3`, `12`, or `A` for an appendix. */
  readonly section: string;
  readonly condition: string;
  readonly code: string;
  readonly reason: string;
  readonly recovery: string;
  readonly outcome: string;
}

/** What can be read out of the specification's text. */
export interface SpecText {
  readonly text: string;
  readonly rules: readonly SpecRule[];
  readonly errorRows: readonly ErrorRow[];
}

const rulePattern = /^- \*\*(SB-[A-Z]+-[1-9][0-9]*)\*\* \((MUST|SHOULD|MAY)\) (.+)$/;
const isLevel = (text: string | undefined): text is SpecRule["level"] => text === "MUST" || text === "SHOULD" || text === "MAY";

/** Reads the specification. */
export async function readSpec(): Promise<SpecText> {
  const text = await readFile(join(root, specPath), "utf8");
  const lines = text.split("\n");
  const rules: SpecRule[] = [];
  const errorRows: ErrorRow[] = [];
  let section = "";
  let inErrorTable = false;
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    section = /^##+ (?:Appendix ([A-Z])|([0-9]+(?:\.[0-9]+)?))/.exec(content)?.slice(1).find((part) => Boolean(part)) ?? section;
    const [, id, level, words] = rulePattern.exec(content) ?? [];
    if (id !== undefined && isLevel(level) && words !== undefined) rules.push({ id, level, words, line });

    if (content === "| condition | code | reason | recovery | outcome |") inErrorTable = true;
    else if (!content.startsWith("|")) inErrorTable = false;
    else if (inErrorTable && !content.startsWith("|---")) {
      const [condition = "", code = "", reason = "", recovery = "", outcome = ""] = content.split("|").slice(1, -1).map((cell) => cell.trim());
      errorRows.push({ line, section, condition, code, reason, recovery, outcome });
    }
  }
  return { text, rules, errorRows };
}
