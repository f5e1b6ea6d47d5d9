import { build } from "esbuild";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Vm } from "./machine.js";

/** A TypeScript program of this checkout, in a machine. */
export interface GuestProgram {
  /** Runs it with a JSON file as its only argument; fails with what it found wrong. Returns what it printed. */
  run(what: string, order: unknown, timeoutMs?: number): Promise<string>;
}

/** Makes one file of a program and all that it imports, packages from their sources: the emulated machine reads many small ones slowly. */
export async function loadProgram(vm: Vm, entry: URL): Promise<GuestProgram> {
  const program = join(vm.directory, "guest.mjs");
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@opensds/source"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "silent",
  });
  let orders = 0;
  return {
    run: async (what, order, timeoutMs = 200_000) => {
      orders += 1;
      const file = join(vm.directory, `order-${orders}.json`);
      writeFileSync(file, JSON.stringify(order));
      const result = await vm.run(`exec ${process.execPath} ${program} ${file}`, { timeoutMs });
      if (result.exitCode === 0) return result.stdout;
      const how = result.timedOut ? `took longer than ${timeoutMs} ms` : `failed with exit code ${result.exitCode}`;
      const kernel = vm.consoleText().split("\n").slice(-20).join("\n");
      throw new Error(`${what} ${how}\n${result.stdout}\n${result.stderr}\n--- kernel:\n${kernel}`);
    },
  };
}
