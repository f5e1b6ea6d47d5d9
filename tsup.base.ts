import type { Options } from "tsup";

/** JavaScript only: declarations come from `tsc -b`, so the type build never depends on tsup. */
export const libraryBuild: Options = {
  format: ["esm"],
  target: "node20",
  platform: "node",
  sourcemap: true,
  treeshake: true,
  splitting: true,
  dts: false,
  // What an earlier build left would be published too. The declarations that `tsc -b` wrote into the same folder stay.
  clean: ["!**/*.d.ts", "!**/*.d.ts.map"],
  silent: true,
};
