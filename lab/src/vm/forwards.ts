import { readFileSync } from "node:fs";
import { type CephStatus } from "../ceph/status.js";

const LISTEN = "0A";
const LOOPBACK = "0100007F";

/** The loopback ports on which the lab's Ceph listens at this moment. */
export function cephPorts(ceph: CephStatus): number[] {
  if (ceph.state === "down" || ceph.ports === undefined) return [];
  const { first, last } = ceph.ports;
  return listeningPorts(readFileSync("/proc/net/tcp", "utf8")).filter((port) => port >= first && port <= last);
}

/** Ports that somebody listens on at 127.0.0.1, out of the kernel's table. */
export function listeningPorts(table: string): number[] {
  const found = table
    .split("\n")
    .map((line) => line.trim().split(/\s+/u))
    .filter((fields) => fields[3] === LISTEN)
    .map((fields) => fields[1]?.split(":") ?? [])
    .filter(([address]) => address === LOOPBACK)
    .map(([, port = ""]) => Number.parseInt(port, 16));
  return [...new Set(found)].sort((one, other) => one - other);
}
