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
  // `clean` would delete the declarations that `tsc -b` wrote into the same folder.
  clean: false,
  silent: true,
};
