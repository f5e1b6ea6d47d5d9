import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The script that a worker process runs: beside this module once built. From source there is only the built one of the
 * same package, because a plain Node process cannot run the source; undefined when that was never built.
 */
export function workerPath(): string | undefined {
  return ["./worker.js", "../dist/worker.js"]
    .map((relative) => fileURLToPath(new URL(relative, import.meta.url)))
    .find((path) => existsSync(path));
}
