import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runConformance } from "../src/run/run-conformance.js";
import { BadInput } from "../src/target/bad-input.js";
import { withDirectory } from "./support/targets.js";

const run = (directory: string, opener: string): Promise<unknown> => {
  const backends = { backends: { under_test: { reference_driver: { dir: join(directory, "volumes") } } } };
  return runConformance({ backends, backend: "under_test", opener });
};

describe("a target's opener", () => {
  it("opens the backends file in place of core", async () => {
    await withDirectory(async (directory) => {
      const opener = join(directory, "opener.mjs");
      await writeFile(opener, "export const openBackends = (file) => Promise.reject(new Error(`mine: ${Object.keys(file.backends)}`));");
      await expect(run(directory, opener)).rejects.toThrow("mine: under_test");
    });
  });

  it("is refused in words where it opens nothing or is not there", async () => {
    await withDirectory(async (directory) => {
      const opener = join(directory, "empty.mjs");
      await writeFile(opener, "export const open = 1;");
      await expect(run(directory, opener)).rejects.toThrow(new BadInput(`the opener ${opener} exports no function openBackends`));
      await expect(run(directory, join(directory, "missing.mjs"))).rejects.toThrow(/the opener .*missing\.mjs.* cannot be loaded/);
    });
  });
});
