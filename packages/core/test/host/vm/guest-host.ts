import { build } from "esbuild";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startVm, type Vm } from "@opensds/lab";
import type { GuestOrder } from "./order.js";

/** A virtual machine in which the host half of the SDK runs, as on a dock's own machine. */
export interface GuestHost {
  readonly vm: Vm;
  /** Runs a scenario inside; fails with what the scenario found wrong. Returns what it printed. */
  scenario(order: GuestOrder, timeoutMs?: number): Promise<string>;
}

export async function startGuestHost(packages: readonly string[] = []): Promise<GuestHost> {
  const vm = await startVm({ packages, lifetimeMs: 20 * 60_000 });
  const program = join(vm.directory, "guest.mjs");
  // One file: the emulated machine reads many small ones slowly.
  await build({
    entryPoints: [fileURLToPath(new URL("guest.ts", import.meta.url))],
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
    vm,
    scenario: async (order, timeoutMs = 200_000) => {
      orders += 1;
      const file = join(vm.directory, `order-${orders}.json`);
      writeFileSync(file, JSON.stringify(order));
      const result = await vm.run(`exec ${process.execPath} ${program} ${file}`, { timeoutMs });
      if (result.exitCode === 0) return result.stdout;
      const how = result.timedOut ? `took longer than ${timeoutMs} ms` : `failed with exit code ${result.exitCode}`;
      const kernel = vm.consoleText().split("\n").slice(-20).join("\n");
      throw new Error(`${order.scenario} ${how}\n${result.stdout}\n${result.stderr}\n--- kernel:\n${kernel}`);
    },
  };
}
