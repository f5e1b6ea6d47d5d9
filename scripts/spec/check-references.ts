import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./root.js";
import type { SpecText } from "./spec-text.js";

const folders = ["packages", "docs", "scripts"];
const skipped = new Set(["node_modules", "dist", "coverage"]);

/** Numbers of rules, anywhere in sources and pages, that the specification does not have. */
export async function referenceProblems({ rules }: SpecText): Promise<readonly string[]> {
  const known = new Set(rules.map(({ id }) => id));
  const files = (await Promise.all(folders.map(filesBelow))).flat();
  const problems = await Promise.all(
    files.map(async (path) => {
      const text = await readFile(join(root, path), "utf8");
      const cited = new Set([...text.matchAll(/\bSB-[A-Z]+-[1-9][0-9]*\b/g)].map(([id]) => id));
      return [...cited].filter((id) => !known.has(id)).map((id) => `${path} cites ${id}, which is no rule`);
    }),
  );
  return problems.flat();
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const below = entries.map(async (entry): Promise<readonly string[]> => {
    if (skipped.has(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(path);
    return /\.(ts|md|json)$/.test(entry.name) ? [path] : [];
  });
  return (await Promise.all(below)).flat();
}
