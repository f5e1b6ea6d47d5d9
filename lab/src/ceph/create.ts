import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { lastLines, run, tryRun } from "../commands.js";
import { LabError } from "../errors.js";
import { writeFileAtomically } from "../files.js";
import { acquireLock } from "../lock.js";
import { type LabPaths } from "../paths.js";
import { freeBlock } from "../ports.js";
import { type OnProgress, step } from "../progress.js";
import { ceph, rbd } from "./admin.js";
import { monHost, renderAdminConf } from "./conf.js";
import { launchDaemon } from "./daemons.js";
import { waitForCleanPgs } from "./health.js";
import { type ClusterKeys, newKeys, renderKeyring } from "./keyrings.js";
import { cephFiles, daemonNames, EC_POOL, hasEcPool, osdNames, POOLS } from "./layout.js";
import { type CephState, writeState } from "./state.js";

/** Each OSD's name and the id that its store and the monitor know it by. */
type OsdIds = ReadonlyMap<`osd.${number}`, string>;

/** Makes a new cluster where there is none, and leaves it serving. */
export async function createCluster(paths: LabPaths, osds: number, onProgress: OnProgress): Promise<CephState> {
  const files = cephFiles(paths);
  const osdIds = new Map(osdNames(osds).map((name) => [name, randomUUID()]));
  const keys = newKeys(osds);

  // Until its monitor listens, the ports of a new lab look free to another one that starts beside it.
  const machine = await acquireLock("ports", { purpose: `choosing ports for ${paths.root}` });
  let state: CephState;
  let preparing: Promise<unknown>;
  try {
    state = { layout: 1, stage: "making", fsid: randomUUID(), osds, ports: await freeBlock(paths.fingerprint) };
    writeState(files.state, state);
    writeSkeleton(paths, state, keys);
    preparing = step(onProgress, `OSD stores made (${osds})`, () => makeOsdStores(paths, osdIds));
    // Both halves are awaited below; a failure of this one must not go unheard while the monitor is awaited first.
    preparing.catch(() => undefined);
    await step(onProgress, "monitor up", async () => {
      await makeMonStore(paths, state);
      await launchDaemon(paths, "mon.a");
    });
  } finally {
    machine.release();
  }

  // The manager only gathers figures: nothing else has to wait for it.
  const manager = step(onProgress, "manager up", () => launchDaemon(paths, "mgr.x"));
  manager.catch(() => undefined);
  await Promise.all([step(onProgress, "OSDs and pools registered", () => register(paths, osdIds)), preparing]);
  await step(onProgress, "OSDs up", () => Promise.all([...osdIds.keys()].map((name) => launchDaemon(paths, name))));
  await step(onProgress, "pools ready", () =>
    Promise.all([...POOLS.map((pool) => rbd(paths, ["pool", "init", pool])), ...(hasEcPool(osds) ? [readyEcPool(paths)] : [])]),
  );
  await manager;
  await step(onProgress, "placement groups clean", () => waitForCleanPgs(paths, osds));
  return state;
}

function writeSkeleton(paths: LabPaths, state: CephState, keys: ClusterKeys): void {
  const files = cephFiles(paths);
  for (const directory of [paths.sockets, files.logs, files.crashes]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const daemon of daemonNames(state.osds)) mkdirSync(files.data(daemon), { recursive: true, mode: 0o700 });
  const secret = (file: string, ...entities: Parameters<typeof renderKeyring>[0]): void =>
    writeFileAtomically(file, renderKeyring(entities), 0o600);

  writeFileAtomically(files.adminConf, renderAdminConf(state, files, paths.sockets));
  secret(files.adminKeyring, keys.admin);
  secret(files.clientKeyring, keys.dock);
  writeFileAtomically(files.passphrase, `${randomBytes(24).toString("base64")}\n`, 0o600);
  secret(files.keyring("mgr.x"), keys.mgr);
  osdNames(state.osds).forEach((name, id) => secret(files.keyring(name), ...keys.osds.slice(id, id + 1)));
  // The monitor's store begins with all of them.
  secret(seedKeyring(paths), keys.mon, keys.admin, keys.mgr, keys.dock, ...keys.osds);
}

function seedKeyring(paths: LabPaths): string {
  return `${paths.ceph}/seed.keyring`;
}

async function makeMonStore(paths: LabPaths, state: CephState): Promise<void> {
  const { adminConf } = cephFiles(paths);
  const map = `${paths.ceph}/monmap`;
  await run("monmaptool", ["--create", "--clobber", "--fsid", state.fsid, "--addv", "a", monHost(state), map]);
  await run("ceph-mon", ["-c", adminConf, "-i", "a", "--mkfs", "--monmap", map, "--keyring", seedKeyring(paths)]);
}

async function makeOsdStores(paths: LabPaths, osdIds: OsdIds): Promise<void> {
  const { adminConf } = cephFiles(paths);
  // One after the other: each is bound by the disk. They need no monitor yet.
  for (const [name, uuid] of osdIds) {
    const id = name.slice("osd.".length);
    await run("ceph-osd", ["-c", adminConf, "-i", id, "--mkfs", "--osd-uuid", uuid, "--no-mon-config"]);
  }
}

/** One `ceph` process for all of it: starting the program costs more than what it does. */
async function register(paths: LabPaths, osdIds: OsdIds): Promise<void> {
  const commands = [
    // Without this the manager makes a pool of its own, whose placement groups are only in the way. Forced, for the
    // monitor does not know the setting before a manager has told it.
    "config set mgr mgr/devicehealth/enable_monitoring false --force",
    ...[...osdIds].map(([name, uuid]) => `osd new ${uuid} ${name.slice("osd.".length)}`),
    ...POOLS.map((pool) => `osd pool create ${pool} 8`),
    ...(hasEcPool(osdIds.size)
      ? [`osd erasure-code-profile set ${EC_POOL} k=2 m=1 crush-failure-domain=osd`, `osd pool create ${EC_POOL} 8 8 erasure ${EC_POOL}`]
      : []),
  ];
  const args = ["-c", cephFiles(paths).adminConf];
  const { stderr } = await tryRun("ceph", args, { input: `${commands.join("\n")}\n` });
  // Fed from a pipe it goes on after an error, and exits with 0.
  if (/^Error|invalid command/mu.test(stderr)) throw new LabError(`The monitor refused a command.\n${lastLines(stderr)}`);
}

/** Parts of objects can be written only where every OSD is seen to keep its store in BlueStore: they have to be up. */
async function readyEcPool(paths: LabPaths): Promise<void> {
  await ceph(paths, ["osd", "pool", "set", EC_POOL, "allow_ec_overwrites", "true"]);
  await ceph(paths, ["osd", "pool", "application", "enable", EC_POOL, "rbd"]);
}
