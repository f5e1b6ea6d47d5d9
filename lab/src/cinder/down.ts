import { rmSync } from "node:fs";
import { LabError } from "../errors.js";
import { type LabPaths } from "../paths.js";
import { endProcesses, labProcesses, type LabProcess, signal } from "../processes.js";
import { cinderFiles } from "./layout.js";

const GRACE_MS = 8_000;

/** What Cinder's programs are called; the rest of the lab's are Ceph's and the drivers'. */
const PROGRAMS: readonly (readonly string[])[] = [
  ["cinder-api", "cinder-scheduler", "cinder-volume", "cinder-manage", "keystone-init", "uwsgi_python3"],
  ["beam.smp", "rabbitmq-server", "mariadbd", "mariadb", "mariadb-install-db", "epmd"],
];

/** Ends every process of the cloud and removes its files. Needs no state file: also what a killed `up` left. */
export async function removeCloud(paths: LabPaths): Promise<void> {
  for (const programs of PROGRAMS) {
    const find = (): LabProcess[] => labProcesses(paths.lab).filter(({ program }) => programs.includes(program));
    // A graceful end of the broker takes seconds, and nothing in its queues is worth keeping.
    for (const process of find()) if (process.program === "beam.smp") signal(process, "SIGKILL");
    await endProcesses(find, GRACE_MS);
    const left = find();
    if (left.length === 0) continue;
    const list = left.map(({ pid, program }) => `${pid} (${program})`).join(", ");
    throw new LabError(`Not even SIGKILL ends these processes: ${list}. Run down again when they are gone.`);
  }
  const files = cinderFiles(paths);
  rmSync(files.databaseSocket, { force: true });
  rmSync(files.directory, { recursive: true, force: true, maxRetries: 3 });
}
