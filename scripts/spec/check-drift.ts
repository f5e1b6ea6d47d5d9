import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { generatedFiles } from "./generated-files.js";
import { root } from "./root.js";

/** Generated files that are not what the code generates today, and schemas that it does not generate any more. */
export async function driftProblems(): Promise<readonly string[]> {
  const files = await generatedFiles();
  const stale = await Promise.all(
    files.map(async ({ path, text }) => {
      const held = await readFile(join(root, path), "utf8").catch(() => undefined);
      return held === text ? [] : [`${path} is not what the code generates: run pnpm spec:generate`];
    }),
  );
  const generated = new Set(files.map(({ path }) => path));
  const schemas = (await readdir(join(root, "packages/core/schema"))).map((name) => `packages/core/schema/${name}`);
  return [...stale.flat(), ...schemas.filter((path) => !generated.has(path)).map((path) => `nothing generates ${path}: remove it`)];
}
