import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type LabPaths } from "../paths.js";
import { endProcesses, labProcesses } from "../processes.js";
import { type OnProgress, step } from "../progress.js";
import { vmFiles } from "./layout.js";

/** Ends this lab's virtual machines and removes their kernel; harmless when there is nothing. */
export async function removeVms(paths: LabPaths, onProgress: OnProgress): Promise<void> {
  const { directory } = vmFiles(paths);
  if (!existsSync(directory)) return;
  await step(onProgress, "virtual machines down", async () => {
    // Nothing in them has to be kept: no need to ask.
    await endProcesses(() => labProcesses(directory), 0);
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  });
}

/** A machine's directory is there a moment before its process can be seen. */
const STARTING_MS = 60_000;

/** Removes the directories of machines whose owner was killed: the machine went with it, its files did not. */
export function sweepDeadMachines(runs: string): void {
  if (!existsSync(runs)) return;
  for (const name of readdirSync(runs)) {
    const directory = join(runs, name);
    const ageMs = Date.now() - statSync(directory).mtimeMs;
    if (ageMs > STARTING_MS && labProcesses(directory).length === 0) rmSync(directory, { recursive: true, force: true });
  }
}
