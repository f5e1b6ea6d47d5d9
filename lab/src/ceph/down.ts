import { rmSync } from "node:fs";
import { type LabPaths } from "../paths.js";
import { endProcesses, labProcesses, type LabProcess } from "../processes.js";
import { LabError } from "../errors.js";
import { refuseMountsUnder } from "../mounts.js";

const GRACE_MS = 5_000;

/** Ends every process of the cluster and removes its files. Needs no state file: also what a killed `up` left. */
export async function removeCluster(paths: LabPaths): Promise<LabProcess[]> {
  const find = (): LabProcess[] => labProcesses(paths.lab);
  // The monitor last: the others tell it that they go, and would wait for it.
  const others = await endProcesses(() => find().filter((process) => process.program !== "ceph-mon"), GRACE_MS);
  const monitor = await endProcesses(find, GRACE_MS);
  const left = find();
  if (left.length > 0) {
    const list = left.map((process) => `${process.pid} (${process.program})`).join(", ");
    throw new LabError(`Not even SIGKILL ends these processes: ${list}. Run down again when they are gone.`);
  }
  for (const directory of [paths.ceph, paths.sockets]) {
    refuseMountsUnder(directory);
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
  return [...others, ...monitor];
}
