import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import type { NvmeTcpConnectionInfo } from "@opensds/core";
import { must } from "@opensds/lab/guest";
import { configure, entries, makeBackingDisk, mountConfigfs, type Target } from "./target.js";

const subsystem = "nqn.2026-01.example.array:shared";
const hostNqn = "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555";
const uuidOf = (unit: number): string => `0a1b2c3d-0000-0000-0000-00000000000${unit}`;

/** An NVMe target of the kernel (nvmet) over TCP, which lets in one host. */
export function makeNvmetTarget(): Target {
  must("modprobe", "-a", "loop", "nvmet_tcp");
  const root = `${mountConfigfs()}/nvmet`;
  const disks = [makeBackingDisk("nvmet-1"), makeBackingDisk("nvmet-2")];
  const path = `subsystems/${subsystem}`;
  configure(root, [[path], [`${path}/attr_allow_any_host`, "0"], [`hosts/${hostNqn}`]]);
  disks.forEach((disk, index) => {
    const namespace = `${path}/namespaces/${index + 1}`;
    configure(root, [[namespace], [`${namespace}/device_path`, disk.path], [`${namespace}/device_uuid`, uuidOf(index + 1)], [`${namespace}/enable`, "1"]]);
  });
  symlinkSync(`${root}/hosts/${hostNqn}`, `${root}/${path}/allowed_hosts/${hostNqn}`);
  ["127.0.0.1", "127.0.0.2"].forEach((address, index) => {
    const port = `ports/${index + 1}`;
    configure(root, [[port], [`${port}/addr_adrfam`, "ipv4"], [`${port}/addr_trtype`, "tcp"], [`${port}/addr_traddr`, address], [`${port}/addr_trsvcid`, "4420"]]);
    symlinkSync(`${root}/${path}`, `${root}/${port}/subsystems/${subsystem}`);
  });
  mkdirSync("/etc/nvme", { recursive: true });
  writeFileSync("/etc/nvme/hostnqn", `${hostNqn}\n`);
  writeFileSync("/etc/nvme/hostid", "11111111-2222-3333-4444-555555555555\n");

  return {
    method: "nvme-tcp",
    info: nvmeInfo,
    stranger: { info: { ...nvmeInfo(1), hostNqn: "nqn.2014-08.org.nvmexpress:uuid:99999999-2222-3333-4444-555555555555" }, reason: "backend-unreachable" },
    grow: (bytes) => {
      disks[0]?.grow(bytes);
      writeFileSync(`${root}/${path}/namespaces/1/revalidate_size`, "1");
    },
    sessions: () => entries("/sys/class/nvme"),
    disks: () => entries("/sys/block").filter((name) => /^nvme\d+n/.test(name)),
    secret: undefined,
  };
}

const nvmeInfo = (unit: 1 | 2): NvmeTcpConnectionInfo => ({
  protocol: "nvme-tcp",
  subsystem,
  portals: ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, port: 4420 })),
  namespace: unit === 1 ? { uuid: uuidOf(1) } : { id: 2 },
  readOnly: false,
});
