import { join } from "node:path";
import { type LabPaths } from "../paths.js";

/** Who the driver is to the cluster, and where it may work. */
export const DOCK_USER = "dock";
export const POOLS = ["dock", "dock2"] as const;

/** An erasure-coded pool for volumes' data, of two parts and one to spare, where there are OSDs enough for that. */
export const EC_POOL = "dock-ec";
const EC_OSDS = 3;

export const hasEcPool = (osds: number): boolean => osds >= EC_OSDS;

/** One OSD takes 8 ports of the lab's block. */
export const MAX_OSDS = 16;

export type DaemonName = "mon.a" | "mgr.x" | `osd.${number}`;

export interface CephFiles {
  readonly state: string;
  /** For the daemons and client.admin. */
  readonly adminConf: string;
  /** For the driver: names no other key than its own. */
  readonly clientConf: string;
  readonly clientKeyring: string;
  /** What encrypted volumes are opened with. */
  readonly passphrase: string;
  readonly adminKeyring: string;
  readonly logs: string;
  readonly crashes: string;
  data(daemon: DaemonName | "osd.$id"): string;
  keyring(daemon: DaemonName | "osd.$id"): string;
  socket(daemon: DaemonName): string;
  /** What the daemon says on its stdout and stderr; its log proper is beside it. */
  output(daemon: DaemonName): string;
}

export function cephFiles(paths: LabPaths): CephFiles {
  const inLab = (...parts: string[]): string => join(paths.ceph, ...parts);
  return {
    state: inLab("state.json"),
    adminConf: inLab("ceph.conf"),
    clientConf: inLab("client.conf"),
    clientKeyring: inLab(`client.${DOCK_USER}.keyring`),
    passphrase: inLab("passphrase"),
    adminKeyring: inLab("client.admin.keyring"),
    logs: inLab("log"),
    crashes: inLab("crash"),
    data: (daemon) => inLab("data", daemon),
    keyring: (daemon) => inLab("data", daemon, "keyring"),
    socket: (daemon) => join(paths.sockets, `${daemon}.asok`),
    output: (daemon) => inLab("log", `${daemon}.out`),
  };
}

export function osdNames(count: number): `osd.${number}`[] {
  return Array.from({ length: count }, (_, id): `osd.${number}` => `osd.${id}`);
}

/** In the order in which they are started. */
export function daemonNames(osds: number): DaemonName[] {
  return ["mon.a", "mgr.x", ...osdNames(osds)];
}

/** `osd.3` is an OSD whose id is 3. */
export function splitName(daemon: DaemonName): { type: "mon" | "mgr" | "osd"; id: string } {
  if (daemon === "mon.a") return { type: "mon", id: "a" };
  if (daemon === "mgr.x") return { type: "mgr", id: "x" };
  return { type: "osd", id: daemon.slice("osd.".length) };
}
