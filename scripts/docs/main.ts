// npm run docs:check: every block of code in the pages compiles, every backends file in them opens, every link leads somewhere.
import { parseArgs } from "node:util";
import { createSteps } from "../lib/steps.js";
import { writeApiPages } from "./api/write-pages.js";
import { uncompilable } from "./compile-blocks.js";
import { unreadable } from "./data-blocks.js";
import { docsPages } from "./pages.js";
import { brokenReferences } from "./references.js";
import { refusedCommands } from "./shown-commands.js";
import { workflowProblems } from "./workflows.js";

const { values } = parseArgs({ options: { json: { type: "string" } } });
const steps = createSteps();
const pages = await docsPages();

function demand(what: string, problems: readonly string[]): string {
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return what;
}

await steps.check("the pages of the API are written out of the docstrings", async () => `${(await writeApiPages()).length} pages`);
await steps.check("TypeScript and JavaScript in the pages compile", () => {
  const { blocks, problems } = uncompilable(pages);
  return Promise.resolve(demand(`${blocks} blocks`, problems));
});
await steps.check("YAML and JSON in the pages can be read, and backends files opened", async () => {
  const { blocks, problems } = await unreadable(pages);
  return demand(`${blocks} blocks`, problems);
});
await steps.check("links and commands in the pages are there", async () => demand(`${pages.length} pages`, await brokenReferences(pages)));
await steps.check("lines of our own commands in the pages are ones that the commands take", () => {
  const { lines, problems } = refusedCommands(pages);
  return Promise.resolve(demand(`${lines} lines`, problems));
});
await steps.check("workflows are valid, pin their actions, and have the rights that they need and no others", async () => {
  const { workflows, problems } = await workflowProblems();
  return demand(`${workflows} workflows`, problems);
});
process.exitCode = await steps.end(values.json);
