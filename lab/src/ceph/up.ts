import { mkdirSync } from "node:fs";
import { LabError, usageError } from "../errors.js";
import { writeBackends } from "../backends-file.js";
import { writeFileAtomically } from "../files.js";
import { type LabPaths } from "../paths.js";
import { isPortFree } from "../ports.js";
import { signal } from "../processes.js";
import { type OnProgress, step } from "../progress.js";
import { waitUntil } from "../wait.js";
import { renderAdminConf, renderClientConf } from "./conf.js";
import { createCluster } from "./create.js";
import { isServing, launchDaemon, pidsOf } from "./daemons.js";
import { removeCluster } from "./down.js";
import { waitForCleanPgs } from "./health.js";
import { cephFiles, type DaemonName, daemonNames, MAX_OSDS } from "./layout.js";
import { type CephState, readState, writeState } from "./state.js";
import { cephStatus } from "./status.js";

/** Brings the cluster to "up" from wherever it is; the caller holds the lab's lock. True when it was up already. */
export async function upCeph(paths: LabPaths, osds: number | undefined, onProgress: OnProgress): Promise<boolean> {
  if (osds !== undefined && (!Number.isInteger(osds) || osds < 1 || osds > MAX_OSDS)) {
    throw usageError(`The number of OSDs is a whole number from 1 to ${MAX_OSDS}.`);
  }
  const status = await cephStatus(paths);
  const state = readState(cephFiles(paths).state);
  if (state?.stage === "made") {
    if (osds !== undefined && osds !== state.osds) {
      throw new LabError(
        `This cluster was made with ${state.osds} OSD${state.osds === 1 ? "" : "s"}. ` +
          `For ${osds}, take it down first (its data goes with it): pnpm lab down ceph`,
      );
    }
    if (status.state === "up") {
      writeBackends(paths);
      return true;
    }
    await restart(paths, state, onProgress);
    publish(paths, state);
    return false;
  }
  if (status.state === "partial") {
    await step(onProgress, "half-made cluster removed", () => removeCluster(paths));
  }
  publish(paths, await createCluster(paths, osds ?? 1, onProgress));
  return false;
}

/** Starts what is missing of a cluster that was made before: after a reboot, a crash, or a test that killed a daemon. */
async function restart(paths: LabPaths, state: CephState, onProgress: OnProgress): Promise<void> {
  const files = cephFiles(paths);
  // Both may be gone or old: the sockets' directory after a reboot, the conf after a new version of the lab.
  mkdirSync(paths.sockets, { recursive: true, mode: 0o700 });
  writeFileAtomically(files.adminConf, renderAdminConf(state, files, paths.sockets));

  const [monitor, ...others] = daemonNames(state.osds);
  await requireMonPorts(paths, state);
  if (monitor !== undefined) await ensureServing(paths, monitor, onProgress);
  await Promise.all(others.map((daemon) => ensureServing(paths, daemon, onProgress)));
  await step(onProgress, "placement groups clean", () => waitForCleanPgs(paths, state.osds));
}

/** The monitor's address is in every map of the cluster, and in docks' hands: it cannot just take another. */
async function requireMonPorts(paths: LabPaths, state: CephState): Promise<void> {
  if (pidsOf(paths, ["mon.a"]).size > 0) return;
  const { first } = state.ports;
  for (const port of [first, first + 1]) {
    if (await isPortFree(port)) continue;
    throw new LabError(
      `Port ${port} of this cluster's monitor is taken by another program since. End that, or make a new cluster ` +
        `(its data goes): pnpm lab down ceph && pnpm lab up ceph`,
    );
  }
}

async function ensureServing(paths: LabPaths, daemon: DaemonName, onProgress: OnProgress): Promise<void> {
  const process = pidsOf(paths, [daemon]).get(daemon);
  if (process === undefined) {
    await step(onProgress, `${daemon} started`, () => launchDaemon(paths, daemon));
    return;
  }
  if (process.paused) signal(process, "SIGCONT");
  if (await isServing(paths, daemon)) return;
  await step(onProgress, `${daemon} serving`, () =>
    waitUntil(() => isServing(paths, daemon), {
      timeoutMs: 60_000,
      what: `${daemon} runs (process ${process.pid}) and does not serve. Its log: ${cephFiles(paths).logs}/${daemon}.log`,
    }),
  );
}

/** Last of all: whoever sees these files may use the cluster. */
function publish(paths: LabPaths, state: CephState): void {
  const files = cephFiles(paths);
  mkdirSync(paths.host, { recursive: true, mode: 0o700 });
  writeFileAtomically(files.clientConf, renderClientConf(state, files));
  writeBackends(paths);
  writeState(files.state, { ...state, stage: "made" });
}
