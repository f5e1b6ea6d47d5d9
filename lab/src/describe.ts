import { type CephStatus } from "./ceph/status.js";
import { type LabStatus } from "./lab.js";

/** For a person at a terminal; programs take `--json`. */
export function describeStatus({ ceph }: LabStatus): string {
  return [`ceph: ${ceph.state}`, ...details(ceph)].join("\n");
}

function details(ceph: CephStatus): string[] {
  if (ceph.state === "down") return [];
  const rows: [string, string | undefined][] = [
    ["problems", ceph.state === "partial" ? ceph.problems.join("; ") : undefined],
    ["version", ceph.version ?? undefined],
    ["fsid", ceph.fsid],
    ["monitor", ceph.monAddresses && `${ceph.monAddresses.v2} (v2), ${ceph.monAddresses.v1} (v1)`],
    ["OSDs", ceph.osds?.toString()],
    ["conf", ceph.conf && `${ceph.conf} (user ${ceph.user ?? ""}, pools ${ceph.pools?.join(", ") ?? ""})`],
    ["admin conf", ceph.adminConf],
    ["backends", ceph.backendsFile],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(10)}  ${value}`]));
}
