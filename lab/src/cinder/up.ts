import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { writeBackends } from "../backends-file.js";
import { cephFiles } from "../ceph/layout.js";
import { type CephState, readState } from "../ceph/state.js";
import { LabError } from "../errors.js";
import { readIfThere, writeFileAtomically } from "../files.js";
import { type LabPaths } from "../paths.js";
import { signal } from "../processes.js";
import { type OnProgress, step } from "../progress.js";
import {
  renderCinderConf,
  renderFilters,
  renderKeystoneConf,
  renderKeystoneInit,
  renderLauncher,
  renderPaste,
  renderRabbitConf,
  SHORT_TOKEN_SECONDS,
} from "./conf.js";
import { writeClouds } from "./clouds.js";
import { readyCredential } from "./credential.js";
import { makeDatabaseFiles, makeSchemas } from "./databases.js";
import { removeCloud } from "./down.js";
import { cinderFiles, type CinderPorts, cinderPorts, SERVICES, type ServiceName } from "./layout.js";
import { readyPool } from "./pool.js";
import { findService, renderWebServer, startService, waitForService } from "./services.js";
import { type CinderState, newState, readCinderState, writeCinderState } from "./state.js";
import { cinderStatus } from "./status.js";
import { registerUsers } from "./users.js";
import { readyTypes } from "./volume-types.js";

const TOKEN_SECONDS = 3_600;

/** Brings the cloud to "up" from wherever it is; Ceph is up and the caller holds the lab's lock. True when it was up already. */
export async function upCinder(paths: LabPaths, onProgress: OnProgress): Promise<boolean> {
  const cluster = readState(cephFiles(paths).state);
  if (cluster?.stage !== "made") throw new LabError("Cinder's volumes are in the lab's Ceph, and there is none.");
  const files = cinderFiles(paths);
  const before = readCinderState(files.state);
  const made = before?.stage === "made" && before.fsid === cluster.fsid;
  if (made && (await cinderStatus(paths)).state === "up") return true;
  // Half a cloud, or the cloud of a Ceph that is gone: it holds nothing that anybody has been given.
  if (!made && (await cinderStatus(paths)).state !== "down") {
    await step(onProgress, "half-made cloud removed", () => removeCloud(paths));
  }
  const state = made ? before : newState(cluster.fsid);
  writeCinderState(files.state, state);
  await bringUp(paths, cluster, state, onProgress);
  writeClouds(paths, cinderPorts(cluster.ports), state);
  writeCinderState(files.state, { ...state, stage: "made" });
  writeBackends(paths);
  return false;
}

async function bringUp(paths: LabPaths, cluster: CephState, state: CinderState, onProgress: OnProgress): Promise<void> {
  const ports = cinderPorts(cluster.ports);
  writeConfiguration(paths, ports, state);
  const wake = (...names: ServiceName[]): void => {
    for (const process of names.flatMap((name) => findService(paths, ports, name))) signal(process, "SIGCONT");
  };
  wake(...SERVICES);
  const serving = (name: ServiceName): Promise<void> =>
    step(onProgress, `${name} up`, () => waitForService(paths, ports, name, startService(paths, ports, name)));
  const begin = <T>(work: Promise<T>): Promise<T> => {
    // Awaited below; a failure must not go unheard while something else is awaited first.
    work.catch(() => undefined);
    return work;
  };

  const broker = begin(serving("epmd").then(() => serving("rabbitmq")));
  const pool = begin(step(onProgress, "Cinder's pool ready", () => readyPool(paths, cluster)));
  if (state.stage === "making") await step(onProgress, "database files made", () => makeDatabaseFiles(paths));
  await serving("mariadb");
  if (state.stage === "making") await step(onProgress, "schemas made", () => makeSchemas(paths, state));
  const identity = begin(
    serving("keystone")
      .then(() => step(onProgress, "users registered", () => registerUsers(ports, state)))
      .then(() => readyCredential(paths, ports, state)),
  );
  await Promise.all([broker, pool]);
  await Promise.all([identity, ...(["cinder-volume", "cinder-scheduler", "cinder-api"] as const).map(serving)]);
  await Promise.all([
    step(onProgress, "Cinder's pools known", () => readyTypes(ports, state)),
    serving("cinder-api-noauth"),
    serving("keystone-short"),
  ]);
}

function writeConfiguration(paths: LabPaths, ports: CinderPorts, state: CinderState): void {
  const files = cinderFiles(paths);
  for (const directory of [
    ...[paths.sockets, files.log("rabbitmq"), files.config("policy.d"), files.bin("")],
    ...["cinder", "lock", "coordination", "rabbitmq/mnesia", "mariadb"].map(files.data),
  ]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  const secret = (file: string, content: string): void => writeFileAtomically(file, content, 0o600);
  secret(files.config("cinder.conf"), renderCinderConf(files, ports, state, "keystone"));
  secret(files.config("cinder-noauth.conf"), renderCinderConf(files, ports, state, "noauth"));
  secret(files.config("keystone.conf"), renderKeystoneConf(files, ports.keystone, TOKEN_SECONDS));
  secret(files.config("keystone-short.conf"), renderKeystoneConf(files, ports.keystoneShort, SHORT_TOKEN_SECONDS));
  writeFileAtomically(files.config("keystone.ini"), renderWebServer(ports.keystone));
  writeFileAtomically(files.config("keystone-short.ini"), renderWebServer(ports.keystoneShort));
  writeFileAtomically(files.config("api-paste.ini"), renderPaste());
  writeFileAtomically(files.config("resource_filters.json"), renderFilters());
  writeFileAtomically(files.config("rabbitmq.conf"), renderRabbitConf(ports));
  writeFileAtomically(files.config("rabbitmq-plugins"), "[].\n");
  for (const program of ["api", "scheduler", "volume", "manage"]) writeFileAtomically(files.bin(`cinder-${program}`), renderLauncher(program));
  writeFileAtomically(files.bin("keystone-init"), renderKeystoneInit(files, ports));
  const cookie = files.data("rabbitmq/.erlang.cookie");
  if (readIfThere(cookie) === undefined) {
    secret(cookie, newState("").adminPassword);
    chmodSync(cookie, 0o400);
  }
  // A broker that was killed thinks, from its own old pid, that it still runs.
  rmSync(files.data("rabbitmq/pid"), { force: true });
}
