import { LabError } from "../errors.js";
import { cephFiles } from "../ceph/layout.js";
import { readState } from "../ceph/state.js";
import { labPaths, type LabPaths, type RootOption } from "../paths.js";
import { isAlive, type LabProcess, signal } from "../processes.js";
import { waitUntil } from "../wait.js";
import { type CinderPorts, cinderPorts, type ServiceName } from "./layout.js";
import { findService, startService, waitForService } from "./services.js";

/** The service and its children stop and keep their connections: what a client sees of a machine that hangs. */
export async function pauseService(name: ServiceName, options: RootOption = {}): Promise<void> {
  const { processes, find } = running(name, options);
  for (const process of processes) signal(process, "SIGSTOP");
  await waitUntil(() => find().every(({ paused }) => paused), { timeoutMs: 5_000, what: `${name} to stop` });
}

/** Harmless for a service that is not paused. */
export async function resumeService(name: ServiceName, options: RootOption = {}): Promise<void> {
  const { processes, find } = running(name, options);
  for (const process of processes) signal(process, "SIGCONT");
  await waitUntil(() => find().every(({ paused }) => !paused), { timeoutMs: 5_000, what: `${name} to go on` });
}

/** Ends it as a power cut would, and waits until it is gone; harmless for one that is gone. */
export async function killService(name: ServiceName, options: RootOption = {}): Promise<void> {
  const { paths, ports } = where(options);
  const processes = findService(paths, ports, name);
  for (const process of processes) signal(process, "SIGKILL");
  await waitUntil(() => !processes.some(isAlive), { timeoutMs: 10_000, everyMs: 10, what: `${name} to die` });
}

/** Waits until it listens; harmless for one that runs. */
export async function restartService(name: ServiceName, options: RootOption = {}): Promise<void> {
  const { paths, ports } = where(options);
  await waitForService(paths, ports, name, startService(paths, ports, name));
}

function where(options: RootOption): { readonly paths: LabPaths; readonly ports: CinderPorts } {
  const paths = labPaths(options);
  const state = readState(cephFiles(paths).state);
  if (state?.stage !== "made") throw new LabError("There is no Cinder in this lab. Bring it up: pnpm lab up cinder");
  return { paths, ports: cinderPorts(state.ports) };
}

function running(name: ServiceName, options: RootOption): { readonly processes: readonly LabProcess[]; readonly find: () => readonly LabProcess[] } {
  const { paths, ports } = where(options);
  const find = (): readonly LabProcess[] => findService(paths, ports, name);
  const processes = find();
  if (processes.length === 0) throw new LabError(`${name} is not running.`);
  return { processes, find };
}
