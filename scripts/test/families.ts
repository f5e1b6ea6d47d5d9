import type { BackendName } from "@opensds/lab";
import { conformanceCephCli, conformanceCephNative, conformanceCinder, conformanceReference, mutants } from "./conformance-runs.js";
import type { Counts } from "./result.js";
import { runCommand } from "./run-command.js";
import { docs, rehearsal } from "./step-runs.js";
import { live, liveCinder, machineOfCinder, packed, pages, unit, virtualMachine } from "./vitest-runs.js";

/** Tests that belong together and share a time budget. */
export interface Family {
  readonly name: string;
  readonly budgetSeconds: number;
  /** What it needs of the lab; Cinder has its volumes in the lab's Ceph, so that one is up too. */
  readonly lab?: BackendName | undefined;
  run(seed: string, full: boolean): Promise<Counts>;
}

const quickstart = (...args: readonly string[]): Promise<Counts> => runCommand("tsx", ["scripts/quickstart/main.ts", ...args]);

/** Every family, in the order in which they run: what is cheap and says most comes first. */
export const families: readonly Family[] = [
  { name: "types", budgetSeconds: 60, run: () => runCommand("tsc", ["-b"]) },
  { name: "lint", budgetSeconds: 120, run: () => runCommand("eslint", [".", "--max-warnings", "0"]) },
  { name: "build", budgetSeconds: 60, run: () => runCommand(process.execPath, ["scripts/with-pnpm.mjs", "--build"]) },
  { name: "public surface", budgetSeconds: 90, run: () => runCommand("tsx", ["scripts/api/main.ts"]) },
  {
    name: "specification",
    budgetSeconds: 30,
    run: () => runCommand("tsx", ["--conditions=@opensds/source", "scripts/spec/check.ts"]),
  },
  { name: "unit", budgetSeconds: 600, run: unit },
  { name: "docs", budgetSeconds: 60, run: docs },
  { name: "pages in a browser", budgetSeconds: 120, run: pages },
  { name: "fit to be published", budgetSeconds: 90, run: () => runCommand("tsx", ["scripts/packages/main.ts"]) },
  { name: "packed packages", budgetSeconds: 420, run: packed },
  { name: "release rehearsal", budgetSeconds: 240, run: rehearsal },
  { name: "conformance reference", budgetSeconds: 180, run: conformanceReference },
  { name: "mutants", budgetSeconds: 480, run: (_seed, full) => mutants("reference", full ? [] : ["--sample", "2"]) },
  { name: "quickstart reference", budgetSeconds: 30, run: () => quickstart() },
  { name: "live", budgetSeconds: 1_500, lab: "ceph", run: live },
  { name: "conformance ceph (native)", budgetSeconds: 400, lab: "ceph", run: conformanceCephNative },
  { name: "conformance ceph (cli)", budgetSeconds: 600, lab: "ceph", run: conformanceCephCli },
  { name: "mutants ceph", budgetSeconds: 300, lab: "ceph", run: (_seed, full) => mutants("ceph", ["--sample", full ? "12" : "0"]) },
  { name: "live cinder", budgetSeconds: 300, lab: "cinder", run: liveCinder },
  { name: "conformance cinder", budgetSeconds: 300, lab: "cinder", run: conformanceCinder },
  { name: "vm", budgetSeconds: 240, lab: "ceph", run: virtualMachine },
  { name: "vm cinder", budgetSeconds: 300, lab: "cinder", run: machineOfCinder },
  { name: "quickstart ceph", budgetSeconds: 120, lab: "ceph", run: () => quickstart("--backend", "ceph") },
  { name: "quickstart cinder", budgetSeconds: 90, lab: "cinder", run: () => quickstart("--backend", "cinder") },
];
