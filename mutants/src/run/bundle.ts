import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { build } from "tsup";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Compiles the corpus and the jobs' process to plain JavaScript, once, so that hundreds of processes need no loader. Returns the script. */
export async function bundle(): Promise<string> {
  const outDir = join(root, "node_modules", ".cache", "mutants");
  const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  await build({
    config: false,
    entry: { opener: source("../opener.ts"), child: source("./child.ts") },
    outDir,
    format: "esm",
    target: "node20",
    platform: "node",
    splitting: true,
    sourcemap: true,
    clean: true,
    silent: true,
    external: [/^@opensds\//],
    tsconfig: join(root, "mutants", "tsconfig.json"),
  });
  return join(outDir, "child.js");
}
