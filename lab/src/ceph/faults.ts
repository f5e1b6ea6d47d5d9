import { LabError } from "../errors.js";
import { labPaths, type LabPaths, type RootOption } from "../paths.js";
import { isAlive, type LabProcess, signal } from "../processes.js";
import { waitUntil } from "../wait.js";
import { findDaemon, launchDaemon, pidsOf } from "./daemons.js";
import { cephFiles, type DaemonName, daemonNames } from "./layout.js";
import { readState } from "./state.js";
import { labProcesses } from "../processes.js";

/** The daemon stops answering and keeps its connections: what a client sees of a machine that hangs. */
export async function pauseDaemon(name: DaemonName, options: RootOption = {}): Promise<void> {
  const { paths, process } = running(name, options);
  signal(process, "SIGSTOP");
  // The signal is delivered a moment later; the next request of a test must not slip through.
  await waitUntil(() => pidsOf(paths, [name]).get(name)?.paused === true, { timeoutMs: 5_000, what: `${name} to stop` });
}

/** Harmless for a daemon that is not paused. */
export async function resumeDaemon(name: DaemonName, options: RootOption = {}): Promise<void> {
  const { paths, process } = running(name, options);
  signal(process, "SIGCONT");
  await waitUntil(() => pidsOf(paths, [name]).get(name)?.paused !== true, { timeoutMs: 5_000, what: `${name} to go on` });
}

/** Ends it as a power cut would, and waits until it is gone; harmless for one that is gone. */
export async function killDaemon(name: DaemonName, options: RootOption = {}): Promise<void> {
  const paths = labPaths(options);
  const process = pidsOf(paths, [known(paths, name)]).get(name);
  if (process === undefined) return;
  signal(process, "SIGKILL");
  await waitUntil(() => !isAlive(process), { timeoutMs: 10_000, everyMs: 10, what: `${name} to die` });
}

/** Waits until it serves; harmless for one that runs. */
export async function startDaemon(name: DaemonName, options: RootOption = {}): Promise<void> {
  const paths = labPaths(options);
  if (findDaemon(labProcesses(paths.lab), paths, known(paths, name)) === undefined) await launchDaemon(paths, name);
}

function running(name: DaemonName, options: RootOption): { paths: LabPaths; process: LabProcess } {
  const paths = labPaths(options);
  const process = pidsOf(paths, [known(paths, name)]).get(name);
  if (process === undefined) throw new LabError(`${name} is not running.`);
  return { paths, process };
}

function known(paths: LabPaths, name: DaemonName): DaemonName {
  const state = readState(cephFiles(paths).state);
  if (state?.stage !== "made") throw new LabError("There is no Ceph in this lab. Bring it up: pnpm lab up ceph");
  const names = daemonNames(state.osds);
  if (!names.includes(name)) throw new LabError(`This cluster has no ${name}; it has ${names.join(", ")}.`);
  return name;
}
