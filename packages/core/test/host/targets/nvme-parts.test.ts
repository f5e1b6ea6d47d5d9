import { describe, expect, it } from "vitest";
import type { NvmeTcpConnectionInfo } from "@opensds/core";
import { readNvmeHost } from "../../../src/host/nvme-connect.js";
import { namespaceBytes } from "../../../src/host/nvme-grow.js";
import { isNamed, nvmePortalOf, nvmeSourceOf, nvmeUnitOf, readControllers, readNvmeDisks, type NvmeDisk } from "../../../src/host/nvme-subsystems.js";
import { tree } from "./tree.js";

const subsystem = "nqn.2014-08.org.nvmexpress:uuid:0a";
const uuid = "0a1b2c3d-0000-0000-0000-000000000001";
const disk: NvmeDisk = { name: "nvme1n1", subsystem, id: 1, uuid, nguid: "0a1b2c3d000000000000000000000001", wwid: `uuid.${uuid}` };
const info: NvmeTcpConnectionInfo = { protocol: "nvme-tcp", subsystem, portals: [{ address: "10.0.0.5", port: 4420 }], namespace: { uuid }, readOnly: false };

describe("NVMe controllers and disks", () => {
  const files = {
    "class/nvme/nvme0/subsysnqn": "nqn.local\n",
    "class/nvme/nvme0/transport": "pcie\n",
    "class/nvme/nvme0/address": "0000:00:04.0\n",
    "class/nvme/nvme1/subsysnqn": `${subsystem}\n`,
    "class/nvme/nvme1/transport": "tcp\n",
    "class/nvme/nvme1/address": "traddr=fd00::5,trsvcid=4420,src_addr=fd00::9\n",
    "block/nvme1n1/device/subsysnqn": `${subsystem}\n`,
    "block/nvme1n1/nsid": "1\n",
    "block/nvme1n1/uuid": `${uuid}\n`,
    "block/nvme1n1/nguid": `${disk.nguid}\n`,
    "block/nvme1n1/wwid": `uuid.${uuid}\n`,
    "block/nvme1c1n1/device/subsysnqn": `${subsystem}\n`,
    "block/nvme1c1n1/wwid": `uuid.${uuid}\n`,
    "block/nvme0n1/device/subsysnqn": "nqn.local\n",
    "block/nvme0n1/wwid": "eui.1\n",
  };

  it("are read; a controller inside the machine has no portal, and a single path is no disk", async () => {
    const root = await tree(files);
    expect(await readControllers(root)).toEqual([
      { name: "nvme0", subsystem: "nqn.local", portal: "" },
      { name: "nvme1", subsystem, portal: nvmePortalOf({ address: "fd00::5", port: 4420 }) },
    ]);
    expect(await readNvmeDisks(subsystem, root)).toEqual([disk]);
    expect(nvmeSourceOf(disk)).toBe(`${subsystem} uuid.${uuid}`);
  });

  it("are none on a machine without NVMe, and none without a name of its own", async () => {
    expect(await readControllers(await tree({}))).toEqual([]);
    expect(await readNvmeDisks(subsystem, await tree({ ...files, "block/nvme1n1/wwid": "\n" }))).toEqual([]);
  });
});

describe("a namespace", () => {
  it("is the connection's when all fits that the connection says of it", () => {
    expect(isNamed(disk, {})).toBe(true);
    expect(isNamed(disk, { uuid: uuid.toUpperCase().replaceAll("-", "") })).toBe(true);
    expect(isNamed(disk, { uuid, id: 1, nguid: disk.nguid.toUpperCase() })).toBe(true);
    expect(isNamed(disk, { uuid, id: 2 })).toBe(false);
    expect(isNamed(disk, { nguid: "0a1b2c3d000000000000000000000002" })).toBe(false);
  });

  it("is written in notes by all that names it", () => {
    expect(nvmeUnitOf(info)).not.toBe(nvmeUnitOf({ ...info, namespace: { id: 1 } }));
    expect(nvmeUnitOf(info)).not.toBe(nvmeUnitOf({ ...info, subsystem: "nqn.other" }));
  });

  it("has the size that nvme prints, in blocks of the format in use", () => {
    const lbafs = [{ ms: 0, ds: 9 }, { ms: 0, ds: 12 }];
    expect(namespaceBytes(JSON.stringify({ nsze: 2048, flbas: 0, lbafs }))).toBe(1024 * 1024);
    expect(namespaceBytes(JSON.stringify({ nsze: 2048, flbas: 17, lbafs }))).toBe(8 * 1024 * 1024);
    expect(namespaceBytes(JSON.stringify({ nsze: 2048, flbas: 5, lbafs }))).toBeUndefined();
    expect(namespaceBytes("{}")).toBeUndefined();
  });
});

describe("the host's NVMe name", () => {
  const id = "11111111-2222-3333-4444-555555555555";

  it("is what nvme-cli keeps, and its id the one in the name where no other is kept", async () => {
    const hostnqn = `nqn.2014-08.org.nvmexpress:uuid:${id}`;
    expect(await readNvmeHost("machine", await tree({ hostnqn: `${hostnqn}\n` }))).toEqual({ nqn: hostnqn, id });
    const hostid = "99999999-2222-3333-4444-555555555555";
    expect(await readNvmeHost("machine", await tree({ hostnqn: `${hostnqn}\n`, hostid }))).toEqual({ nqn: hostnqn, id: hostid });
  });

  it("is made of the machine's where nvme-cli keeps none, and stays", async () => {
    const nothing = await tree({});
    const made = await readNvmeHost("machine", nothing);
    expect(made.nqn).toBe(`nqn.2014-08.org.nvmexpress:uuid:${made.id}`);
    expect(await readNvmeHost("machine", nothing)).toEqual(made);
    expect((await readNvmeHost("another", nothing)).id).not.toBe(made.id);
  });
});
