import { countSteps } from "./read-reports.js";
import type { Counts } from "./result.js";
import { runReporting } from "./run-command.js";

/** Versions, a registry of this machine's own, and installs from it: on this Node and on one that the seed draws, or on all. */
export function rehearsal(seed: string, full: boolean): Promise<Counts> {
  const drawn = ["22", "24", "26"][Number(seed) % 3] ?? "24";
  const nodes = full ? "20,22,24,26" : `20,${drawn}`;
  return runReporting("tsx", (reportFile) => ["scripts/release/main.ts", "--nodes", nodes, "--json", reportFile], countSteps);
}

/** What the pages show compiles, can be read, and is there. */
export function docs(): Promise<Counts> {
  return runReporting("tsx", (reportFile) => ["scripts/docs/main.ts", "--json", reportFile], countSteps);
}
