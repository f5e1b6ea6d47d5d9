import { readIfThere, writeFileAtomically } from "./files.js";
import { type LabPaths } from "./paths.js";
import { cephFiles, DOCK_USER, EC_POOL, hasEcPool, POOLS } from "./ceph/layout.js";
import { readState } from "./ceph/state.js";
import { cinderUrl, keystoneUrl } from "./cinder/conf.js";
import { cinderFiles, cinderPorts } from "./cinder/layout.js";
import { LIMITED_TYPES } from "./cinder/limited-types.js";
import { readCinderState } from "./cinder/state.js";

/** The clouds of the lab's clouds.yaml that a backend is written for, with the backend's name. */
const CLOUDS = { cinder: "lab", "cinder-admin": "lab-admin", "cinder-reader": "lab-reader", "cinder-other": "lab-other", "cinder-short": "lab-short" };

/**
 * The file that docks, the conformance command and the examples are pointed at: one backend for each pool, and the first pool once
 * more through each transport by name, and with its data in the erasure-coded pool where there is one; then one for each user of the cloud.
 */
export function renderBackends(paths: LabPaths): string {
  const conf = cephFiles(paths).clientConf;
  const backend = (name: string, pool: string, attach: string, more = ""): string => `  ${name}:
    ceph_driver:
      conf: ${quote(conf)}
      user: ${DOCK_USER}
      pool: ${pool}
      attach: [${attach}]
${more}`;
  const backends = [
    ...POOLS.map((pool, index) => backend(index === 0 ? "ceph" : `ceph${index + 1}`, pool, "krbd, rbd-nbd, fuse-loop")),
    // Without krbd, which keeps no limits: with it in the list, a driver refuses to set any.
    ...["native", "cli"].map((transport) => backend(`ceph-${transport}`, POOLS[0], "rbd-nbd, fuse-loop", `      transport: ${transport}\n`)),
    backend("ceph-trash", POOLS[0], "rbd-nbd, fuse-loop", "      trashSeconds: 3600\n"),
    ...Object.entries({ "ceph-luks": "native", "ceph-luks-cli": "cli" }).map(([name, transport]) =>
      backend(name, POOLS[0], "krbd, rbd-nbd, fuse-loop", `      transport: ${transport}\n      encryption: { passphraseFile: ${quote(cephFiles(paths).passphrase)} }\n`),
    ),
    ...(hasEcPool(readState(cephFiles(paths).state)?.osds ?? 1)
      ? [backend("ceph-ec", POOLS[0], "rbd-nbd, fuse-loop", `      dataPool: ${EC_POOL}\n      transport: native\n`)]
      : []),
  ];
  return `# Written by the lab at every \`up\`: changes made here are lost.
backends:
${backends.join("")}${renderCinder(paths)}host:
  runtimeDir: ${quote(paths.host)}
`;
}

function renderCinder(paths: LabPaths): string {
  const files = cinderFiles(paths);
  const cluster = readState(cephFiles(paths).state);
  if (readCinderState(files.state)?.stage !== "made" || cluster === undefined) return "";
  const host = `      ceph: [{ conf: ${quote(files.cephConf)}, keyring: ${quote(files.keyring)} }]
      attach: [krbd, rbd-nbd, fuse-loop]
`;
  const clouds = Object.entries(CLOUDS).map(
    ([name, cloud]) => `  ${name}:
    cinder_driver:
      cloud: ${cloud}
      cloudsFile: ${quote(files.clouds)}
${host}`,
  );
  const noauth = `  cinder-noauth:
    cinder_driver:
      auth: { type: noauth, endpoint: ${quote(cinderUrl(cinderPorts(cluster.ports).cinderNoauth))}, userId: dock, projectId: d0c4d0c4d0c4d0c4d0c4d0c4d0c4d0c4 }
${host}`;
  // New volumes are of a type that several hosts may have at once.
  const shared = `  cinder-shared:
    cinder_driver:
      cloud: lab
      cloudsFile: ${quote(files.clouds)}
      volumeType: rbd-shared
${host}`;
  // What a driver can do beyond the rest, once it is told what the operator made for it.
  const operators = `      groupType: consistent
      qosTypes: ${JSON.stringify(LIMITED_TYPES)}
`;
  const full = `  cinder-full:
    cinder_driver:
      cloud: lab
      cloudsFile: ${quote(files.clouds)}
${operators}${host}`;
  const lowest = `  cinder-lowest:
    cinder_driver:
      cloud: lab
      cloudsFile: ${quote(files.clouds)}
      maxMicroversion: "3.44"
${host}`;
  const id = readIfThere(files.credential);
  const shortUrl = keystoneUrl(cinderPorts(cluster.ports).keystoneShort);
  // Signed in anew every few seconds.
  const credential =
    id === undefined
      ? ""
      : `  cinder-credential:
    cinder_driver:
      auth: { type: application-credential, authUrl: ${quote(shortUrl)}, id: ${quote(id)}, secret: { file: ${quote(files.credentialSecret)} } }
${operators}${host}`;
  return credential + clouds.join("") + noauth + shared + full + lowest;
}

export function writeBackends(paths: LabPaths): void {
  writeFileAtomically(paths.backendsFile, renderBackends(paths));
}

/** A JSON string is a YAML string too, whatever the path holds. */
function quote(value: string): string {
  return JSON.stringify(value);
}
