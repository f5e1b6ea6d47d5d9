import { defineConfig } from "tsup";
import { libraryBuild } from "../../tsup.base.js";

export default defineConfig({ ...libraryBuild, entry: ["src/index.ts", "src/reference/index.ts", "src/faults/index.ts", "src/vitest.ts", "src/node-test.ts", "src/cli.ts", "src/worker.ts"] });
