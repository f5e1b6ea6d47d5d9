import { stringAt } from "../json.js";
import { existsSync } from "node:fs";
import { type LabPaths } from "../paths.js";
import { labProcesses } from "../processes.js";
import { askDaemon } from "./admin-socket.js";
import { monAddresses } from "./conf.js";
import { findDaemon, isServing } from "./daemons.js";
import { cephFiles, type DaemonName, daemonNames, DOCK_USER, POOLS } from "./layout.js";
import { type CephState, readState } from "./state.js";

export interface CephDetails {
  readonly fsid: string;
  /** What a dock is given; `adminConf` is for whoever tests it. */
  readonly conf: string;
  readonly adminConf: string;
  readonly user: string;
  readonly keyring: string;
  readonly pools: readonly string[];
  readonly monAddresses: { readonly v2: string; readonly v1: string };
  /** The lab's own ports on 127.0.0.1, the monitor's and all daemons'. */
  readonly ports: { readonly first: number; readonly last: number };
  readonly osds: number;
  readonly pids: Readonly<Record<string, number>>;
  readonly backendsFile: string;
  /** Of the Ceph that runs, as its monitor says; null when that does not answer. */
  readonly version: string | null;
}

export type CephStatus =
  | ({ readonly state: "up" } & CephDetails)
  /** Half made, or something of it has died: `up` mends it. */
  | ({ readonly state: "partial"; readonly problems: readonly string[] } & Partial<CephDetails>)
  | { readonly state: "down" };

/** From the machine's process table and the daemons themselves; runs no command, so it takes milliseconds. */
export async function cephStatus(paths: LabPaths): Promise<CephStatus> {
  const files = cephFiles(paths);
  const state = readState(files.state);
  const processes = labProcesses(paths.lab);
  if (state?.stage !== "made") {
    if (!existsSync(paths.ceph) && processes.length === 0) return { state: "down" };
    return { state: "partial", problems: ["it is being made, or was left half made: pnpm lab up ceph"] };
  }

  const found = new Map<DaemonName, number>();
  const checks = daemonNames(state.osds).map(async (daemon) => {
    const process = findDaemon(processes, paths, daemon);
    if (process === undefined) return `${daemon} is not running`;
    found.set(daemon, process.pid);
    if (process.paused) return `${daemon} is paused`;
    return (await isServing(paths, daemon)) ? undefined : `${daemon} does not serve`;
  });
  const [problems, version] = await Promise.all([Promise.all(checks), monVersion(files.socket("mon.a"))]);
  const details = describe(paths, state, Object.fromEntries(found), version);
  const real = problems.filter((problem) => problem !== undefined);
  if (!existsSync(files.clientConf) || !existsSync(paths.backendsFile)) real.push("the dock's files are missing");
  return real.length === 0 ? { state: "up", ...details } : { state: "partial", problems: real, ...details };
}

async function monVersion(socket: string): Promise<string | null> {
  return stringAt(await askDaemon(socket, "version"), "version") ?? null;
}

function describe(paths: LabPaths, state: CephState, pids: Record<string, number>, version: string | null): CephDetails {
  const files = cephFiles(paths);
  return {
    fsid: state.fsid,
    conf: files.clientConf,
    adminConf: files.adminConf,
    user: DOCK_USER,
    keyring: files.clientKeyring,
    pools: POOLS,
    monAddresses: monAddresses(state),
    ports: { first: state.ports.first, last: state.ports.first + state.ports.count - 1 },
    osds: state.osds,
    pids,
    backendsFile: paths.backendsFile,
    version,
  };
}
