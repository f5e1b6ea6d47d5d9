import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeBlocks } from "../lib/code-blocks.js";
import { root } from "../lib/root.js";
import { entryPointsOf } from "./entry-points.js";
import type { Project } from "./project.js";

/** Needs a runner that the project of a dock has not. */
const forTestRunners = (name: string): boolean => name.endsWith("/vitest");

/** What somebody does who has just installed the packages; each throws where it does not work. */
export interface ConsumerChecks {
  /** Imports everything from ESM, on the Node that was meant. */
  importAll(nodeVersion: string): Promise<string>;
  /** The same by `require`. */
  requireAll(): Promise<string>;
  /** Compiles imports of everything and the README's example, strictly, declarations of the packages included. */
  compile(): Promise<string>;
  /** Runs the README's example. */
  readme(): Promise<string>;
  /** Runs the first program of the page for beginners, twice, as the page says. */
  gettingStarted(): Promise<string>;
  /** Runs the operator's command. */
  opensds(): Promise<string>;
  /** Runs checks of the suite that start processes of their own from the package. */
  conformance(): Promise<string>;
}

/** The checks of one project, of the packages that are installed in it. */
export async function consumerChecks(project: Project, scope: string, packages: readonly string[]): Promise<ConsumerChecks> {
  const modules = join(project.folder, "node_modules");
  const entries = await entryPointsOf(modules, packages);
  const code = entries.code.filter((name) => !forTestRunners(name));
  const example = await firstExample("README.md", scope);
  const beginning = await firstExample("docs/getting-started.md", scope);
  return {
    importAll: async (nodeVersion) => {
      const lines = code.map((name) => `await import(${JSON.stringify(name)});`);
      const said = await project.run("esm.mjs", `${lines.join("\n")}\nconsole.log(process.version);`);
      if (said !== `v${nodeVersion}`) throw new Error(`ran on ${said}, not on v${nodeVersion}`);
      return `${code.length} entry points on ${said}`;
    },
    requireAll: async () => {
      const lines = [...code, ...entries.json].map((name) => `require(${JSON.stringify(name)});`);
      await project.run("cjs.cjs", lines.join("\n"));
      return `${code.length} entry points and ${entries.json.length} JSON files`;
    },
    compile: async () => {
      const imports = code.map((name, index) => `import * as entry${index} from ${JSON.stringify(name)};`);
      await writeFile(join(project.folder, "all.ts"), `${imports.join("\n")}\nexport const all = [${code.map((_, index) => `entry${index}`).join(", ")}];\n`);
      await writeFile(join(project.folder, "readme.ts"), example);
      const compilerOptions = {
        ...{ strict: true, skipLibCheck: false, noEmit: true, target: "es2022", module: "nodenext", types: ["node"] },
        ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      };
      await writeFile(join(project.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["all.ts", "readme.ts"] }));
      await project.command(join(modules, "typescript/bin/tsc"));
      return "strict, skipLibCheck: false";
    },
    readme: async () => {
      const said = await project.run("readme.mjs", example);
      if (!said.includes("orders-db")) throw new Error(`the README's example does not show its volume; it printed:\n${said}`);
      return said;
    },
    gettingStarted: async () => {
      const [first, second] = [await project.run("dock.js", beginning), await project.run("dock.js", beginning)];
      if (first === "" || first !== second) throw new Error(`run twice, the first program printed:\n${first}\nand then:\n${second}`);
      return "the same volume, twice";
    },
    opensds: async () => {
      const element = { module: `${scope}/testkit/reference`, reference_driver: { dir: join(project.folder, "operated") } };
      await writeFile(join(project.folder, "backends.json"), JSON.stringify({ backends: { local: element } }));
      const command = join(modules, scope, "cli/bin/opensds.js");
      await project.command(command, "volume", "create", "db", "--size", "1MiB");
      const listed: unknown = JSON.parse(await project.command(command, "volume", "ls"));
      if (!Array.isArray(listed) || listed.length !== 1) throw new Error(`opensds volume ls printed ${JSON.stringify(listed)}`);
      const schema = await project.command(command, "schema");
      if (!schema.includes('"ceph_driver"')) throw new Error("opensds schema does not know the installed driver");
      return "a volume, and the schema of a backends file";
    },
    conformance: async () => {
      const args = ["--backends", "backends.json", "--backend", "local", "--only", "CREATE-1,CRASH-1"];
      const said = await project.command(join(modules, scope, "testkit/bin/opensds-conformance.js"), ...args);
      return said.trimEnd().split("\n").at(-1) ?? "";
    },
  };
}

/** The first block of code in a page: in the README the twenty lines. */
async function firstExample(path: string, scope: string): Promise<string> {
  const page = await readFile(join(root, path), "utf8");
  const example = codeBlocks(page).find(({ language }) => language === "ts" || language === "js");
  if (example === undefined) throw new Error(`${path} has no example`);
  return example.code.replaceAll("@opensds/", `${scope}/`);
}
