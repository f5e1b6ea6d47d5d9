import { writeFileAtomically } from "./files.js";
import { type LabPaths } from "./paths.js";
import { cephFiles, DOCK_USER, POOLS } from "./ceph/layout.js";

/** The file that docks, the conformance command and the examples are pointed at: one backend for each pool. */
export function renderBackends(paths: LabPaths): string {
  const conf = cephFiles(paths).clientConf;
  const backends = POOLS.map((pool, index) => {
    const name = index === 0 ? "ceph" : `ceph${index + 1}`;
    return `  ${name}:
    ceph_driver:
      conf: ${quote(conf)}
      user: ${DOCK_USER}
      pool: ${pool}
      attach: [krbd, rbd-nbd, fuse-loop]
`;
  });
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
