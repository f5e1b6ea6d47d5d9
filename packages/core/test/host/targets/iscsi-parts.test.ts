import { describe, expect, it } from "vitest";
import { editRecord } from "../../../src/host/iscsi-login.js";
import { loginOf, portalOf, readIscsiSessions, readScsiPaths, sourceOf, splitPortal, unitOf } from "../../../src/host/iscsi-sessions.js";
import { initiatorNameIn } from "../../../src/host/initiators.js";
import { multipathOver } from "../../../src/host/multipath.js";
import { tree } from "./tree.js";

const iqn = "iqn.2010-10.org.openstack:volume-1";
const device = "../../devices/platform/host2/session1/iscsi_session/session1";
/** A machine with one session, whose units 1 and 2 are two disks, and a disk of its own. */
const sysfs = {
  files: {
    "class/iscsi_connection/connection1:0/persistent_address": "10.0.0.5\n",
    "class/iscsi_connection/connection1:0/persistent_port": "3260\n",
    "devices/platform/host2/session1/iscsi_session/session1/targetname": `${iqn}\n`,
    "devices/platform/host2/session1/iscsi_session/session1/device/connection1:0/state": "",
    "block/dm-0/dm/uuid": "mpath-360014051\n",
    "block/dm-0/dm/name": "mpatha\n",
    "devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sdb/device/wwid": "naa.60014051 \n",
    "devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sdb/holders/dm-0": "",
    "devices/platform/host2/session1/target2:0:0/2:0:0:2/block/sdc/size": "8\n",
    "devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda/device/wwid": "naa.5000\n",
  },
  links: {
    "class/iscsi_session/session1": device,
    "block/sda": "../devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda",
    "block/sdb": "../devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sdb",
    "block/sdc": "../devices/platform/host2/session1/target2:0:0/2:0:0:2/block/sdc",
  },
};

describe("iSCSI portals", () => {
  it("have one form, with the protocol's own port where none is given", () => {
    expect(["10.0.0.5", "10.0.0.5:3261", "[fd00::5]", "[fd00::5]:3261", "array.example:3260"].map(portalOf)).toEqual([
      "10.0.0.5:3260",
      "10.0.0.5:3261",
      "[fd00::5]:3260",
      "[fd00::5]:3261",
      "array.example:3260",
    ]);
    expect(splitPortal("[fd00::5]:3261")).toEqual({ address: "fd00::5", port: "3261" });
  });

  it("are written in notes with their target, and units too", () => {
    expect(loginOf({ iqn, portal: "10.0.0.5" })).toBe(`${iqn} 10.0.0.5:3260`);
    expect(unitOf({ iqn, lun: 3 })).toBe(`${iqn} 3`);
  });
});

describe("iSCSI sessions", () => {
  it("are read with the disks behind them; disks of other transports are none", async () => {
    const root = await tree(sysfs.files, sysfs.links);
    const session = { name: "session1", hostNumber: "2", iqn, portal: "10.0.0.5:3260" };
    expect(await readIscsiSessions(root)).toEqual([session]);
    const paths = await readScsiPaths(root);
    expect(paths).toEqual([
      { name: "sdb", session, lun: 1, wwid: "naa.60014051" },
      { name: "sdc", session, lun: 2, wwid: "" },
    ]);
    expect(paths.map(sourceOf)).toEqual(["naa.60014051", `${iqn} 2`]);
  });

  it("are none on a machine without iSCSI, nor without a connection", async () => {
    expect(await readIscsiSessions(await tree({}))).toEqual([]);
    const { "class/iscsi_connection/connection1:0/persistent_port": _, ...files } = sysfs.files;
    expect(await readScsiPaths(await tree(files, sysfs.links))).toEqual([]);
  });

  it("show which disk a multipath device has taken, and no other device over it", async () => {
    const root = await tree(sysfs.files, sysfs.links);
    expect(await multipathOver("sdb", root)).toEqual({ name: "dm-0", mapName: "mpatha" });
    expect(await multipathOver("sdc", root)).toBeUndefined();
    expect(await multipathOver("sdb", await tree({ ...sysfs.files, "block/dm-0/dm/uuid": "LVM-1\n" }, sysfs.links))).toBeUndefined();
  });
});

describe("open-iscsi's record of a node", () => {
  const record = ["# BEGIN RECORD 2.1.8", "node.name = a", "node.session.auth.authmethod = None", "node.startup = automatic", "# END RECORD", ""].join("\n");

  it("takes settings in place of those that it has, and before its end those that it has not", () => {
    const edited = editRecord(record, new Map([["node.startup", "manual"], ["node.session.auth.password", "a = b"]]));
    expect(edited.split("\n")).toEqual([
      "# BEGIN RECORD 2.1.8",
      "node.name = a",
      "node.session.auth.authmethod = None",
      "node.startup = manual",
      "node.session.auth.password = a = b",
      "# END RECORD",
      "",
    ]);
    expect(editRecord(edited, new Map([["node.startup", "manual"], ["node.session.auth.password", "a = b"]]))).toBe(edited);
  });
});

describe("the host's iSCSI name", () => {
  it("is read out of open-iscsi's file, past what is commented out", () => {
    expect(initiatorNameIn("## a\n#InitiatorName=iqn.x:no\nInitiatorName=iqn.1993-08.org.debian:01:9a\nInitiatorAlias=b\n")).toBe("iqn.1993-08.org.debian:01:9a");
    expect(initiatorNameIn("GenerateName=yes\n")).toBeUndefined();
  });
});
