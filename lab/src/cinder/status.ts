import { existsSync } from "node:fs";
import { cephFiles } from "../ceph/layout.js";
import { readState } from "../ceph/state.js";
import { type LabPaths } from "../paths.js";
import { cinderUrl, keystoneUrl } from "./conf.js";
import { CINDER_POOL, cinderFiles, cinderPorts, REGION, SERVICES } from "./layout.js";
import { findService, isServing } from "./services.js";
import { readCinderState } from "./state.js";

export interface CinderDetails {
  /** Keystone's address, as `auth_url` in a clouds.yaml. */
  readonly authUrl: string;
  /** The same Keystone, whose tokens live for five seconds. */
  readonly shortAuthUrl: string;
  readonly volumeUrl: string;
  /** A Cinder that believes everybody: `X-Auth-Token: USER:PROJECT`. */
  readonly noauthUrl: string;
  readonly region: string;
  /** With the clouds `lab`, `lab-admin`, `lab-reader`, `lab-other`, `lab-short`; the passwords are in the secure.yaml beside it. */
  readonly cloudsFile: string;
  readonly secureFile: string;
  readonly pool: string;
  readonly cephConf: string;
  readonly keyring: string;
  readonly pids: Readonly<Record<string, number>>;
  readonly backendsFile: string;
}

export type CinderStatus =
  | ({ readonly state: "up" } & CinderDetails)
  | ({ readonly state: "partial"; readonly problems: readonly string[] } & Partial<CinderDetails>)
  | { readonly state: "down" };

/** From the machine's process table and what the services listen on. */
export async function cinderStatus(paths: LabPaths): Promise<CinderStatus> {
  const files = cinderFiles(paths);
  if (!existsSync(files.directory)) return { state: "down" };
  const cluster = readState(cephFiles(paths).state);
  const state = readCinderState(files.state);
  if (cluster?.stage !== "made" || state?.stage !== "made") {
    return { state: "partial", problems: ["it is being made, or was left half made: pnpm lab up cinder"] };
  }
  const ports = cinderPorts(cluster.ports);
  const pids: Record<string, number> = {};
  const checks = SERVICES.map(async (name) => {
    const [eldest] = findService(paths, ports, name);
    if (eldest === undefined) return `${name} is not running`;
    pids[name] = eldest.pid;
    if (eldest.paused) return `${name} is paused`;
    return (await isServing(paths, ports, name)) ? undefined : `${name} does not serve`;
  });
  const problems = (await Promise.all(checks)).filter((problem) => problem !== undefined);
  if (state.fsid !== cluster.fsid) problems.push("its volumes were in a Ceph that is gone");
  const details: CinderDetails = {
    authUrl: keystoneUrl(ports.keystone),
    shortAuthUrl: keystoneUrl(ports.keystoneShort),
    volumeUrl: cinderUrl(ports.cinder),
    noauthUrl: cinderUrl(ports.cinderNoauth),
    region: REGION,
    cloudsFile: files.clouds,
    secureFile: files.secure,
    pool: CINDER_POOL,
    cephConf: files.cephConf,
    keyring: files.keyring,
    pids,
    backendsFile: paths.backendsFile,
  };
  return problems.length === 0 ? { state: "up", ...details } : { state: "partial", problems, ...details };
}
