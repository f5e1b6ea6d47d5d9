// Run in a process of its own: how much more memory this process and its native child have while a long list streams through.
import { readdirSync, readFileSync } from "node:fs";
import { openBackends } from "@opensds/core";
import { ceph } from "@opensds/driver-ceph";

const [conf = "", user = "", keyring = "", pool = ""] = process.argv.slice(2);
const backends = await openBackends(
  { backends: { native: { ceph_driver: { conf, user, keyring, pool, transport: "native" } } } },
  { drivers: [ceph] },
);
const driver = backends.get("native");
await driver.setup();

/** Resident memory of this process and of its children, in MiB. */
function residentMiB(): number {
  const pageBytes = 4_096;
  const statm = (pid: string): number => Number(read(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * pageBytes;
  const children = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === process.pid);
  return [String(process.pid), ...children].reduce((sum, pid) => sum + statm(pid), 0) / 1024 ** 2;
}

function parentOf(pid: string): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

// One page: what is loaded and compiled once is no cost of streaming.
for await (const _page of driver.listVolumes().pages()) break;
globalThis.gc?.();
const before = residentMiB();
let peak = before;
let count = 0;
for await (const { items } of driver.listVolumes().pages()) {
  count += items.length;
  peak = Math.max(peak, residentMiB());
}
await backends.unset();
console.log(JSON.stringify({ count, extraMiB: peak - before }));
