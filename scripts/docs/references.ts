import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "../lib/root.js";
import { blocksIn, type DocsPage } from "./pages.js";

/** Links to files that are not there, and `npm run` commands that package.json does not have. */
export async function brokenReferences(pages: readonly DocsPage[]): Promise<readonly string[]> {
  const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const scripts: unknown = typeof manifest === "object" && manifest !== null && "scripts" in manifest ? manifest.scripts : {};
  const known = new Set(typeof scripts === "object" && scripts !== null ? Object.keys(scripts) : []);
  const problems: string[] = [];
  for (const { path, text } of pages) {
    const prose = text.replaceAll(/^( *)```[\s\S]*?^\1```/gm, "");
    for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      const file = target.replace(/#.*$/, "");
      if (file === "" || /^[a-z]+:/.test(file)) continue;
      if (!existsSync(join(root, dirname(path), file))) problems.push(`${path}: the link to ${target} leads nowhere`);
    }
  }
  // An author's project has scripts of its own; these pages speak of it.
  const ownScripts = /^(docs\/(writing-a-driver|first-hour)|packages\/|examples\/)/;
  for (const { page, line, code } of blocksIn(pages.filter(({ path }) => !ownScripts.test(path)), "sh", "bash")) {
    for (const [, name = ""] of code.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)) {
      if (!known.has(name)) problems.push(`${page}:${line}: there is no npm run ${name}`);
    }
  }
  return problems;
}
