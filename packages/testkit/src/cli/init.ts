import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { kitVersion } from "../kit-version.js";
import { BadInput } from "../target/bad-input.js";
import type { InitRequest } from "./arguments.js";
import type { ProgressOutput } from "./progress.js";

/** The kind of the driver that the template is. */
const templateKind = "shelf";

/** Makes a folder with a driver that passes the suite, to be changed step by step; returns the exit code. Never overwrites a file. */
export function initProject({ directory, kind: given }: InitRequest, stdout: ProgressOutput): number {
  const target = resolve(directory);
  const kind = given ?? kindFrom(basename(target));
  requireKind(kind, given !== undefined);
  const files = templateFiles().map(({ path, text }) => ({ path: renamed(path, kind), text: renamed(text, kind) }));
  const taken = files.filter(({ path }) => existsSync(join(target, path)));
  if (taken.length > 0) throw new BadInput(`${target} has ${taken.map(({ path }) => path).join(", ")} already; nothing was written. Give an empty directory`);
  for (const { path, text } of files) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
    stdout.write(`made  ${path}\n`);
  }
  const where = relative(process.cwd(), target);
  stdout.write(`\nA driver of kind ${kind}. It keeps volumes as files, and passes the suite as it is:\n\n`);
  for (const line of [...(where === "" ? [] : [`cd ${where}`]), "npm install", "npm test                 # the suite in vitest", "npm run conformance      # the suite by itself"]) stdout.write(`  ${line}\n`);
  stdout.write(`\nThen put your array in the place of src/catalogue.ts, and run the suite again after each step.\n`);
  return 0;
}

function requireKind(kind: string, given: boolean): void {
  if (/^[a-z][a-z0-9]{0,30}$/.test(kind) && !reserved.has(kind)) return;
  const problem = given ? `--kind is ${JSON.stringify(kind)}` : `the folder's name gives no kind`;
  throw new BadInput(`${problem}; give --kind with a lower-case letter, then letters and digits, such as netapp`);
}

/** Words that no constant of a module can be called, and the two that the template uses. */
const reserved = new Set(
  "await break case catch class config const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof v var void while with yield".split(" "),
);

/** `opensds-driver-netapp` is a package of kind `netapp`. */
const kindFrom = (folder: string): string => folder.toLowerCase().replace(/^(@?opensds[-/])?(driver-)?/, "").replace(/[^a-z0-9]/g, "");

/** The template's words in the new driver's: `shelf_driver`, `opensds-driver-shelf`; and the versions of this kit. */
const renamed = (text: string, kind: string): string =>
  text
    .replaceAll(templateKind, kind)
    .replace(/("@opensds\/(?:core|testkit)": )"[^"]*"/g, `$1"^${kitVersion()}"`)
    .replace(/^ {2}"private": true,\n/m, "");

/** What may not be called by its own name in a package. */
const namesInPackage: ReadonlyMap<string, string> = new Map([
  ["gitignore", ".gitignore"],
  ["package.template.json", "package.json"],
]);

function templateFiles(): readonly { readonly path: string; readonly text: string }[] {
  const root = templateRoot();
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(root, path)).isFile())
    .map((path) => ({ path: namesInPackage.get(path) ?? path.replaceAll("\\", "/"), text: readFileSync(join(root, path), "utf8") }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Beside `dist` in the package, whether this runs from there or from source. */
function templateRoot(): string {
  const found = ["../template", "../../template"].map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new BadInput("the template of this package is missing; install @opensds/testkit anew, or build it");
}
