import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import type { NfsConnectionInfo } from "@opensds/core";
import { must } from "@opensds/lab/guest";
import { entries, unitBytes, type Target } from "./target.js";

const exported = "/tmp/exported";

/** The kernel's NFS server, which exports one directory with two files, as the root: the machine's own root is nothing to export. */
export function makeNfsTarget(): Target {
  must("modprobe", "--all", "nfsd", "nfsv4", "loop");
  mkdirSync(exported);
  for (const unit of [1, 2]) resize(unit, unitBytes);
  mkdirSync("/var/lib/nfs/v4recovery", { recursive: true });
  mkdirSync("/var/lib/nfs/rpc_pipefs", { recursive: true });
  for (const file of ["etab", "rmtab"]) writeFileSync(`/var/lib/nfs/${file}`, "");
  must("sh", "-c", "mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd");
  writeFileSync("/etc/exports", "");
  must("exportfs", "-o", "rw,no_root_squash,insecure,fsid=0,no_subtree_check", `127.0.0.1:${exported}`);
  must("rpc.mountd", "--no-nfs-version", "3");
  must("rpc.nfsd", "--host", "127.0.0.1", "--no-nfs-version", "3", "--no-udp", "2");
  // It would make everybody wait for clients of its earlier life.
  writeFileSync("/proc/fs/nfsd/v4_end_grace", "Y");

  return {
    method: "nfs",
    info: nfsInfo,
    stranger: { info: { ...nfsInfo(1), export: "127.0.0.1:/none" }, reason: "attach-failed" },
    grow: (bytes) => resize(1, bytes),
    sessions: () => readFileSync("/proc/mounts", "utf8").split("\n").filter((line) => line.includes(" nfs4 ")),
    disks: () => entries("/sys/block").filter((name) => backingFile(name).startsWith("/run/opensds/nfs/")),
    secret: undefined,
  };
}

function backingFile(name: string): string {
  const attribute = `/sys/block/${name}/loop/backing_file`;
  return existsSync(attribute) ? readFileSync(attribute, "utf8") : "";
}

function resize(unit: number, bytes: number): void {
  const file = openSync(`${exported}/volume-${unit}`, "a");
  ftruncateSync(file, bytes);
  closeSync(file);
}

const nfsInfo = (unit: 1 | 2): NfsConnectionInfo => ({
  protocol: "nfs",
  export: "127.0.0.1:/",
  file: `volume-${unit}`,
  options: ["vers=4.2"],
  readOnly: false,
});
