import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { entryPoints } from "../../api/entry-points.js";
import { root } from "../../lib/root.js";
import { declarations, type Declared } from "./declarations.js";

const mostLines = 60;
const shownLines = 20;

/** A page of the site. */
export interface ApiPage {
  /** As users import it. */
  readonly entry: string;
  /** Below `docs`. */
  readonly path: string;
}

/** Writes a page of each entry point, out of its docstrings, into `docs/api`: what the code says itself is not kept a second time. */
export async function writeApiPages(): Promise<readonly ApiPage[]> {
  const folder = join(root, "docs/api");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const pages: ApiPage[] = [];
  for (const [{ name, report }, found] of declarations(await entryPoints())) {
    const file = report.replace(/\.api\.md$/, ".md");
    await writeFile(join(folder, file), apiPage(name, found));
    pages.push({ entry: name, path: `api/${file}` });
  }
  return pages;
}

/** The page of one entry point: what it exports, by the folders that it stands in. */
export function apiPage(entry: string, found: readonly Declared[]): string {
  const folders = [...new Set(found.map(({ folder }) => folder))];
  const sections = folders.map((folder) => {
    const ones = found.filter((one) => one.folder === folder).sort((one, other) => (one.name < other.name ? -1 : 1));
    const parts = ones.map(({ name, kind, text, code, members }) =>
      [`### ${name}`, `*${kind}*${text === "" ? "" : ` — ${prose(text)}`}`, `\`\`\`ts\n${shortened(code)}\n\`\`\``, ...(members.length === 0 ? [] : [memberTable(members)])].join("\n\n"),
    );
    return [`## ${folder === "" ? "The package itself" : folder}`, ...parts].join("\n\n");
  });
  return [`# ${entry}`, `\`import { … } from "${entry}"\`: ${found.length} names, out of their docstrings.`, ...sections, ""].join("\n\n");
}

/** Tables of hundreds of lines say no more than their beginning does. */
function shortened(code: string): string {
  const lines = code.split("\n");
  return lines.length <= mostLines ? code : [...lines.slice(0, shownLines), `    // … and ${lines.length - shownLines - 1} lines more`, ...lines.slice(-1)].join("\n");
}

function memberTable(members: Declared["members"]): string {
  const rows = members.map(({ name, text }) => `| \`${name}\` | ${prose(text).replaceAll("\n", " ").replaceAll("|", "\\|")} |`);
  return ["| member | |", "|---|---|", ...rows].join("\n");
}

/** What is code stays code; a bracket in a sentence is no tag, nor two braces the site's own. */
const prose = (text: string): string =>
  text.split(/(`[^`]*`)/).map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;").replaceAll("{{", "&#123;&#123;"))).join("");
