import { describe, expect, it } from "vitest";
import { hostId } from "@opensds/core";
import { connectorOf } from "../src/attachments/connect-volume.js";
import { targetInfo } from "../src/attachments/target-connections.js";

const uuid = "0a1b2c3d-0000-4000-8000-000000000001";

describe("what Cinder tells of an iSCSI target", () => {
  const iqn = `iqn.2010-10.org.openstack:volume-${uuid}`;
  const told = {
    driver_volume_type: "iscsi",
    target_discovered: false,
    target_portal: "10.0.0.5:3260",
    target_iqn: iqn,
    target_lun: 1,
    volume_id: uuid,
    auth_method: "CHAP",
    auth_username: "user",
    auth_password: "not-to-be-quoted",
    encrypted: false,
    qos_specs: null,
    access_mode: "rw",
  };

  it("is one path with its CHAP credentials", () => {
    const info = targetInfo("iscsi", told, false);
    expect(info).toMatchObject({ protocol: "iscsi", paths: [{ portal: "10.0.0.5:3260", iqn, lun: 1 }], chap: { username: "user" }, readOnly: false });
    expect(JSON.stringify(info)).not.toContain("not-to-be-quoted");
    if (info === undefined || !("chap" in info)) throw new Error("no credentials");
    expect(info.chap?.password.reveal()).toBe("not-to-be-quoted");
  });

  it("is every path where the host wants them, and no credentials where none are asked for", () => {
    const plurals = { target_portals: ["10.0.0.5:3260", "[fd00::5]:3260"], target_iqns: [iqn, iqn], target_luns: [1, 2] };
    expect(targetInfo("iscsi", { ...told, ...plurals, auth_method: null }, true)).toEqual({
      protocol: "iscsi",
      paths: [
        { portal: "10.0.0.5:3260", iqn, lun: 1 },
        { portal: "[fd00::5]:3260", iqn, lun: 2 },
      ],
      readOnly: true,
    });
  });

  it.each([
    ["portals without targets", { target_portals: ["a:3260", "b:3260"], target_iqns: [iqn] }, "do not fit"],
    ["another way of proof", { auth_method: "SRP" }, "SRP"],
    ["CHAP without a password", { auth_password: null }, "without a user name or a password"],
    ["a unit that is no number", { target_lun: "x" }, "target_lun"],
  ])("is nothing to use with %s", (_, change, why) => {
    const info = targetInfo("iscsi", { ...told, ...change }, false);
    expect(info).toEqual({ unusable: expect.stringContaining(why) as string });
    expect(JSON.stringify(info)).not.toContain("not-to-be-quoted");
  });
});

describe("what Cinder tells of an NVMe target", () => {
  const nqn = "nqn.2014-08.org.nvmexpress:uuid:0a";

  it("is read in the words of its own targets", () => {
    const told = { target_nqn: nqn, vol_uuid: uuid, ns_id: 3, portals: [["10.0.0.5", 4420, "tcp"], ["10.0.0.6", "4421", "RoCEv2"]], host_nqn: "nqn.h" };
    expect(targetInfo("nvmeof", told, false)).toEqual({
      protocol: "nvme-tcp",
      subsystem: nqn,
      portals: [{ address: "10.0.0.5", port: 4420 }],
      namespace: { uuid, id: 3 },
      hostNqn: "nqn.h",
      readOnly: false,
    });
  });

  it("is read in the older words too", () => {
    const told = { nqn, target_portal: "10.0.0.5", target_port: 4420, transport_type: "tcp", ns_id: 10 };
    expect(targetInfo("nvmeof", told, true)).toEqual({
      protocol: "nvme-tcp",
      subsystem: nqn,
      portals: [{ address: "10.0.0.5", port: 4420 }],
      namespace: { id: 10 },
      readOnly: true,
    });
  });

  it.each([
    ["by another transport", { nqn, target_portal: "10.0.0.5", target_port: 4420, transport_type: "rdma" }, "rdma"],
    ["with replicas", { nqn, portals: [["10.0.0.5", 4420, "tcp"]], volume_replicas: [{}, {}] }, "replicas"],
    ["without a subsystem", { portals: [["10.0.0.5", 4420, "tcp"]] }, "without a subsystem"],
  ])("is nothing to use %s", (_, told, why) => {
    expect(targetInfo("nvmeof", told, false)).toEqual({ unusable: expect.stringContaining(why) as string });
  });
});

describe("what Cinder tells of an NFS export", () => {
  it("is a file, with the options of its mount", () => {
    const told = { export: "10.0.0.5:/volumes", name: `volume-${uuid}`, options: "-o vers=4.2,nconnect=4", format: "raw", mount_point_base: "/mnt" };
    expect(targetInfo("nfs", told, false)).toEqual({
      protocol: "nfs",
      export: "10.0.0.5:/volumes",
      file: `volume-${uuid}`,
      options: ["vers=4.2", "nconnect=4"],
      readOnly: false,
    });
    expect(targetInfo("nfs", { ...told, options: null }, false)).not.toHaveProperty("options");
    expect(targetInfo("nfs", { ...told, format: "qcow2" }, false)).toEqual({ unusable: expect.stringContaining("qcow2") as string });
  });
});

describe("other protocols", () => {
  it.each(["rbd", "fibre_channel", "constructor", undefined])("are not read here (%s)", (protocol) => {
    expect(targetInfo(protocol, {}, false)).toBeUndefined();
  });
});

describe("what Cinder is told of the host", () => {
  const facts = { mode: "single-writer", connector: { hostId: hostId("h"), hostName: "node-1", bootId: "b" }, attachedAt: "" } as const;

  it("are the names that it has, in os-brick's words", () => {
    const initiators = { iscsi: "iqn.1993-08.org.debian:01:9a", nvme: "nqn.h", ipAddress: "10.0.0.9", multipath: true };
    const own = { host: "node-1", initiator: "iqn.1993-08.org.debian:01:9a", nqn: "nqn.h", ip: "10.0.0.9", multipath: true };
    expect(connectorOf(facts, initiators)).toMatchObject(own);
    const bare = connectorOf(facts, undefined);
    expect(bare).toMatchObject({ host: "node-1", multipath: false });
    for (const name of ["initiator", "nqn", "ip"]) expect(bare).not.toHaveProperty(name);
  });
});
