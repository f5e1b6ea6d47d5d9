import { cp, rename, rm } from "node:fs/promises";
import { sep } from "node:path";
import { defineConfig } from "tsup";
import { libraryBuild } from "../../tsup.base.js";

export default defineConfig({
  ...libraryBuild,
  entry: ["src/index.ts", "src/reference/index.ts", "src/faults/index.ts", "src/vitest.ts", "src/node-test.ts", "src/cli.ts", "src/worker.ts"],
  onSuccess: async () => {
    await libraryBuild.onSuccess();
    await copyTemplate();
  },
});

/** `init` makes its driver from the example, which is compiled, linted and run here: the published copy is made at each build. */
async function copyTemplate(): Promise<void> {
  const madeByRunning = /^(node_modules|dist|report\..*)$/;
  await rm("template", { recursive: true, force: true });
  await cp("../../examples/third-party-driver", "template", { recursive: true, filter: (path) => !madeByRunning.test(path.split(sep).at(-1) ?? "") });
  // npm takes a file of this name for its own rules, and leaves it out of the package.
  await rename("template/.gitignore", "template/gitignore");
  // A manifest inside a package means something to bundlers.
  await rename("template/package.json", "template/package.template.json");
}
