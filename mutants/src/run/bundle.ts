import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The jobs' process as plain JavaScript. */
export interface Bundle {
  readonly script: string;
  remove(): Promise<void>;
}

/** Compiles the corpus and the jobs' process once, so that hundreds of processes need no loader; in a place of this run's own. */
export async function bundle(): Promise<Bundle> {
  // Beneath node_modules, from where the packages are found.
  const cache = join(root, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  const outDir = await mkdtemp(join(cache, "mutants-"));
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
    silent: true,
    external: [/^@opensds\//],
    tsconfig: join(root, "mutants", "tsconfig.json"),
  });
  return { script: join(outDir, "child.js"), remove: () => rm(outDir, { recursive: true, force: true }) };
}
