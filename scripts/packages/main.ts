// Whether the packages are fit to be published: publint, are-the-types-wrong, nothing unused, no import in a circle, no code of others without their licence.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { root } from "../lib/root.js";
import { unnamedInNotice } from "./bundled.js";
import { importCircles } from "./import-circles.js";

const folders = (await readdir(join(root, "packages"))).map((name) => join(root, "packages", name));

/** Runs a tool and tells of it only when it finds something. */
async function check(what: string, cwd: string, file: string, args: readonly string[]): Promise<boolean> {
  const { exitCode, all } = await execa(file, args, { cwd, reject: false, all: true, preferLocal: true, localDir: root, env: { NO_COLOR: "1" } });
  if (exitCode === 0) return true;
  console.error(`${what}:\n${all}\n`);
  return false;
}

const results: boolean[] = [];
for (const folder of folders) {
  const name = folder.slice(root.length);
  results.push(await check(`publint on ${name}`, folder, "publint", ["run", "--strict", "--pack", "pnpm"]));
  // ESM only: CommonJS callers use require(esm), which that tool does not know.
  results.push(await check(`are-the-types-wrong on ${name}`, folder, "attw", ["--pack", ".", "--profile", "esm-only"]));
}
results.push(await check("knip", root, "knip", ["--no-config-hints"]));

const circles = (await Promise.all(folders.map((folder) => importCircles(join(folder, "src"))))).flat();
for (const circle of circles) console.error(`imports in a circle: ${circle.map((file) => file.slice(root.length)).join(" -> ")}`);

const unnamed = (await Promise.all(folders.map(unnamedInNotice))).flat();
for (const problem of unnamed) console.error(problem);

const failed = results.filter((ok) => !ok).length + circles.length + unnamed.length;
console.log(`${folders.length} packages: ${failed === 0 ? "fit to be published" : `${failed} problems`}`);
process.exitCode = failed === 0 ? 0 : 1;
