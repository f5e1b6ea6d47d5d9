import { writeFileAtomically } from "./files.js";
import { type LabPaths } from "./paths.js";
import { cephFiles, DOCK_USER, POOLS } from "./ceph/layout.js";

/**
 * The file that docks, the conformance command and the examples are pointed at: one backend for each pool, and the first pool once
 * more through each transport by name.
 */
export function renderBackends(paths: LabPaths): string {
  const conf = cephFiles(paths).clientConf;
  const backend = (name: string, pool: string, more = ""): string => `  ${name}:
    ceph_driver:
      conf: ${quote(conf)}
      user: ${DOCK_USER}
      pool: ${pool}
      attach: [krbd, rbd-nbd, fuse-loop]
${more}`;
  const backends = [
    ...POOLS.map((pool, index) => backend(index === 0 ? "ceph" : `ceph${index + 1}`, pool)),
    ...["native", "cli"].map((transport) => backend(`ceph-${transport}`, POOLS[0], `      transport: ${transport}\n`)),
  ];
  return `# Written by the lab at every \`up\`: changes made here are lost.
backends:
${backends.join("")}host:
  runtimeDir: ${quote(paths.host)}
`;
}

export function writeBackends(paths: LabPaths): void {
  writeFileAtomically(paths.backendsFile, renderBackends(paths));
}

/** A JSON string is a YAML string too, whatever the path holds. */
function quote(value: string): string {
  return JSON.stringify(value);
}
