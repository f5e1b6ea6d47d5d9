import { type CephStatus } from "./ceph/status.js";
import { type CinderStatus } from "./cinder/status.js";
import { type LabStatus } from "./lab.js";

type Row = readonly [name: string, value: string | undefined];

/** For a person at a terminal; programs take `--json`. */
export function describeStatus({ ceph, cinder }: LabStatus): string {
  return [`ceph: ${ceph.state}`, ...lines(cephRows(ceph)), `cinder: ${cinder.state}`, ...lines(cinderRows(cinder))].join("\n");
}

function cephRows(ceph: CephStatus): readonly Row[] {
  if (ceph.state === "down") return [];
  return [
    ["problems", ceph.state === "partial" ? ceph.problems.join("; ") : undefined],
    ["version", ceph.version ?? undefined],
    ["fsid", ceph.fsid],
    ["monitor", ceph.monAddresses && `${ceph.monAddresses.v2} (v2), ${ceph.monAddresses.v1} (v1)`],
    ["OSDs", ceph.osds?.toString()],
    ["conf", ceph.conf && `${ceph.conf} (user ${ceph.user ?? ""}, pools ${ceph.pools?.join(", ") ?? ""})`],
    ["admin conf", ceph.adminConf],
    ["backends", ceph.backendsFile],
  ];
}

function cinderRows(cinder: CinderStatus): readonly Row[] {
  if (cinder.state === "down") return [];
  return [
    ["problems", cinder.state === "partial" ? cinder.problems.join("; ") : undefined],
    ["keystone", cinder.authUrl],
    ["volumes", cinder.volumeUrl],
    ["clouds", cinder.cloudsFile && `${cinder.cloudsFile} (OS_CLIENT_CONFIG_FILE), clouds lab, lab-admin, lab-reader, lab-other, lab-short`],
  ];
}

function lines(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(10)}  ${value}`]));
}
