import { existsSync } from "node:fs";
import { ceph, rbd } from "../ceph/admin.js";
import { renderClientConf } from "../ceph/conf.js";
import { cephFiles } from "../ceph/layout.js";
import { type CephState } from "../ceph/state.js";
import { writeFileAtomically } from "../files.js";
import { type LabPaths } from "../paths.js";
import { CINDER_POOL, CINDER_USER, cinderFiles } from "./layout.js";

/** Makes Cinder's pool and user in the lab's Ceph, and the files by which both Cinder and a host reach it. */
export async function readyPool(paths: LabPaths, state: CephState): Promise<void> {
  const files = cinderFiles(paths);
  const caps = `profile rbd pool=${CINDER_POOL}`;
  if (!existsSync(files.keyring)) {
    const pools = (await ceph(paths, ["osd", "pool", "ls"])).split("\n");
    if (!pools.includes(CINDER_POOL)) await ceph(paths, ["osd", "pool", "create", CINDER_POOL, "8"]);
    await rbd(paths, ["pool", "init", CINDER_POOL]);
    const keyring = await ceph(paths, ["auth", "get-or-create", `client.${CINDER_USER}`, "mon", "profile rbd", "osd", caps, "mgr", caps]);
    writeFileAtomically(files.keyring, `${keyring}\n`, 0o600);
  }
  const conf = renderClientConf(state, { ...cephFiles(paths), clientKeyring: files.keyring });
  writeFileAtomically(files.cephConf, conf);
}
