// ESLint reads this file outside every project.
/// <reference types="node" />
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Options } from "tsup";

/** JavaScript only: declarations come from `tsc -b`, so the type build never depends on tsup. */
export const libraryBuild = {
  format: ["esm"],
  target: "node20",
  platform: "node",
  // `test` without its `node:` would be somebody's package.
  removeNodeProtocol: false,
  sourcemap: true,
  // The sources are in the package, for the maps and the declarations alike; once is enough.
  esbuildOptions: (options) => {
    options.sourcesContent = false;
  },
  treeshake: true,
  splitting: true,
  dts: false,
  // What an earlier build left would be published too. The declarations that `tsc -b` wrote into the same folder stay.
  clean: ["!**/*.d.ts", "!**/*.d.ts.map"],
  silent: true,
  onSuccess: removeOldDeclarations,
} satisfies Options;

/** `tsc -b` leaves the declarations of sources that are gone. tsup runs in the package's folder. */
async function removeOldDeclarations(): Promise<void> {
  for (const file of await readdir("dist", { recursive: true })) {
    const source = join("src", file.replace(/\.d\.ts(\.map)?$/, ".ts"));
    if (/\.d\.ts(\.map)?$/.test(file) && !existsSync(source)) await rm(join("dist", file));
  }
}
