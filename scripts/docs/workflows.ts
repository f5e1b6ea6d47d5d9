import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { parse } from "yaml";
import { root } from "../lib/root.js";

const folder = ".github/workflows";
/** What an author's project begins with is held to the same pins. */
const template = "examples/third-party-driver/.github/workflows/ci.yml";
/** Rights that a job may have beyond reading, by workflow and job: a change here is a change of what the workflow can do. */
const granted: Readonly<Record<string, readonly string[]>> = {
  "ci.yml pages": ["id-token: write", "pages: write"],
  "publish.yml npm": ["contents: write", "id-token: write"],
  "version.yml pull-request": ["contents: write", "pull-requests: write"],
};

const entries = (value: unknown): readonly (readonly [string, unknown])[] => (typeof value === "object" && value !== null ? Object.entries(value) : []);
const field = (value: unknown, name: string): unknown => entries(value).find(([key]) => key === name)?.[1];
const rights = (value: unknown): readonly string[] => entries(value).map(([name, right]) => `${name}: ${String(right)}`).filter((right) => !right.endsWith(": read")).sort();

/** Workflows that GitHub would not take, that use an action by a name that can move, take rights beyond those above, call a script that is not there, or hold a registry's token. */
export async function workflowProblems(): Promise<{ readonly workflows: number; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const scripts = new Set(entries(field(manifest, "scripts")).map(([name]) => name));
  const files = (await readdir(join(root, folder))).sort();
  for (const file of files) {
    const text = await readFile(join(root, folder, file), "utf8");
    const workflow: unknown = parse(text);
    if (field(workflow, "permissions") === undefined) problems.push(`${file} names no permissions, so that every job has the repository's usual ones`);
    if (rights(field(workflow, "permissions")).length > 0) problems.push(`${file} gives every job the right to write`);
    if (/NPM_TOKEN|NODE_AUTH_TOKEN/.test(text)) problems.push(`${file} holds a registry's token; publishing goes by OIDC`);
    for (const [, name = ""] of text.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)) if (!scripts.has(name)) problems.push(`${file}: there is no npm run ${name}`);
    problems.push(...misread(file, text), ...unpinned(file, text));
    for (const [name, job] of entries(field(workflow, "jobs"))) {
      const has = rights(field(job, "permissions"));
      const may = granted[`${file} ${name}`] ?? [];
      if (has.join() !== may.join()) problems.push(`${file}, ${name}: may ${has.join(", ") || "only read"}, expected ${may.join(", ") || "only reading"}`);
      if (typeof field(job, "timeout-minutes") !== "number") problems.push(`${file}, ${name}: no timeout-minutes`);
    }
  }
  const text = await readFile(join(root, template), "utf8");
  problems.push(...misread(template, text), ...unpinned(template, text));
  return { workflows: files.length + 1, problems };
}

/** Actions that are used by a name which can move. */
function unpinned(file: string, text: string): readonly string[] {
  const uses = [...text.matchAll(/\buses: *(.*)/g)].map(([, use = ""]) => use);
  return uses.filter((use) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(use)).map((use) => `${file}: ${use} is not pinned by a commit with its version beside it`);
}

/** What GitHub's own parser says of a file. */
const misread = (name: string, content: string): readonly string[] =>
  parseWorkflow({ name, content }, new NoOperationTraceWriter()).context.errors.getErrors().map(({ message }) => message);
