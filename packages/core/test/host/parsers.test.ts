import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { secret } from "@opensds/core";
import { readKrbdDevices } from "../../src/host/connectors/krbd.js";
import { readNbdDevices } from "../../src/host/connectors/rbd-nbd.js";
import { deviceNumber } from "../../src/host/held.js";
import { hasKernelModule } from "../../src/host/kernel-module.js";
import { parseLoopDevices } from "../../src/host/loop-devices.js";
import { parseMountinfo } from "../../src/host/mountinfo.js";
import type { KnownImage } from "../../src/host/known-image.js";
import { imageDirectory, imageSource, renderConf } from "../../src/host/rbd-credentials.js";
import { readBlkid, readWipefs } from "../../src/host/signatures.js";

const info: KnownImage = {
  protocol: "rbd",
  fsid: "ce859126-2c56-4607-ac1a-5dd2fdcf4f6e",
  monitors: ["10.0.0.1:6789", "10.0.0.2:6789"],
  pool: "ssd",
  poolId: 3,
  namespace: "tenant",
  image: "volume",
  imageId: "10f9efd81433",
  user: "dock",
  key: secret("AQA"),
  methods: ["krbd"],
  readOnly: false,
};

const scratch: string[] = [];
afterEach(async () => {
  for (const directory of scratch.splice(0)) await rm(directory, { recursive: true });
});

/** A directory tree with these files in it. */
async function tree(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "opensds-tree-"));
  scratch.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

describe("a mount table", () => {
  it("is read with its escapes and optional fields", () => {
    const text = [
      "36 35 98:0 / /mnt/a\\040b\\134c rw,noatime master:1 shared:2 - ext4 /dev/root rw,errors=continue",
      "42 27 0:39 /sub /srv rw - fuse /dev/fuse ro,user_id=0",
      "garbage",
      "",
    ].join("\n");
    expect(parseMountinfo(text)).toEqual([
      { number: "98:0", root: "/", mountPoint: "/mnt/a b\\c", options: ["rw", "noatime"], fsType: "ext4", source: "/dev/root", superOptions: ["rw", "errors=continue"] },
      { number: "0:39", root: "/sub", mountPoint: "/srv", options: ["rw"], fsType: "fuse", source: "/dev/fuse", superOptions: ["ro", "user_id=0"] },
    ]);
  });
});

describe("losetup's list", () => {
  it("is read with its padding, and deleted files keep their names", () => {
    const row = { name: "/dev/loop0", "back-file": "/v/a (deleted)", "back-ino": 7, "back-maj:min": "     254:0  ", "maj:min": "  7:0  ", ro: false, autoclear: true };
    expect(parseLoopDevices(JSON.stringify({ loopdevices: [row] }))).toEqual([
      { path: "/dev/loop0", number: "7:0", file: "/v/a", fileNumber: "254:0", inode: "7", readOnly: false, ending: true },
    ]);
    expect(parseLoopDevices("")).toEqual([]);
  });
});

describe("signatures", () => {
  it("are told by blkid's exit code and words", () => {
    expect(readBlkid(2, "")).toEqual({ kind: "blank" });
    expect(readBlkid(8, "")).toMatchObject({ kind: "other" });
    expect(readBlkid(4, "")).toBeUndefined();
    expect(readBlkid(0, "DEVNAME=/dev/loop0\nUUID=u\nTYPE=xfs\nUSAGE=filesystem\n")).toEqual({ kind: "file-system", fsType: "xfs", fsUuid: "u" });
    expect(readBlkid(0, "PTTYPE=gpt\n")).toEqual({ kind: "other", what: "a partition table (gpt)" });
    expect(readBlkid(0, "TYPE=LVM2_member\nUSAGE=raid\n")).toEqual({ kind: "other", what: "LVM2_member (raid)" });
  });
  it("are listed by wipefs", () => {
    expect(readWipefs('{"signatures": [{"type":"gpt"},{"type":"PMBR"}]}')).toEqual(["gpt", "PMBR"]);
    expect(readWipefs('{"signatures": []}')).toEqual([]);
    expect(readWipefs("")).toEqual([]);
  });
});

describe("krbd devices", () => {
  it("are told by cluster, pool id, namespace and image id; maps of snapshots are none", async () => {
    const device = (id: number, namespace: string, snapshot: string): Record<string, string> => ({
      [`bus/rbd/devices/${id}/cluster_fsid`]: `${info.fsid}\n`,
      [`bus/rbd/devices/${id}/pool`]: "ssd\n",
      [`bus/rbd/devices/${id}/pool_id`]: "3\n",
      [`bus/rbd/devices/${id}/pool_ns`]: `${namespace}\n`,
      [`bus/rbd/devices/${id}/name`]: "volume\n",
      [`bus/rbd/devices/${id}/image_id`]: "10f9efd81433\n",
      [`bus/rbd/devices/${id}/current_snap`]: `${snapshot}\n`,
      [`block/rbd${id}/dev`]: `252:${id * 16}\n`,
      [`block/rbd${id}/ro`]: "0\n",
      [`block/rbd${id}/size`]: "2048\n",
    });
    const sysfs = await tree({ ...device(0, "", "-"), ...device(1, "tenant", "-"), ...device(2, "tenant", "nightly") });
    const devices = await readKrbdDevices(sysfs, "boot");
    expect(devices.map(({ path }) => path)).toEqual(["/dev/rbd0", "/dev/rbd1"]);
    expect(devices.find(({ source }) => source === imageSource(info))).toEqual({
      path: "/dev/rbd1",
      number: "252:16",
      method: "krbd",
      source: "ce859126-2c56-4607-ac1a-5dd2fdcf4f6e/3/10f9efd81433/tenant",
      bootId: "boot",
      readOnly: false,
    });
    expect(await readKrbdDevices(await tree({}), "boot")).toEqual([]);
  });
});

describe("network block devices", () => {
  it("are read with the arguments of their servers; unconnected ones are none", async () => {
    const block = { "block/nbd0/dev": "43:0\n", "block/nbd0/ro": "1\n", "block/nbd0/size": "2048\n", "block/nbd0/pid": "77\n", "block/nbd1/dev": "43:32\n" };
    const root = await tree({ ...block, "proc/77/cmdline": "rbd-nbd\0--conf\0/run/opensds/rbd/x-nbd/ceph.conf\0map\0ssd/volume\0" });
    expect(await readNbdDevices(root, join(root, "proc"))).toEqual([
      { path: "/dev/nbd0", number: "43:0", readOnly: true, argv: ["rbd-nbd", "--conf", "/run/opensds/rbd/x-nbd/ceph.conf", "map", "ssd/volume"] },
    ]);
  });
});

describe("kernel modules", () => {
  it("are there when loaded, built in or on disk", async () => {
    const root = await tree({
      "sys/module/nbd/refcnt": "0\n",
      "lib/modules.dep": "kernel/drivers/block/rbd.ko.xz: kernel/net/ceph/libceph.ko.xz\nkernel/drivers/block/drbd.ko:\n",
      "lib/modules.builtin": "kernel/drivers/block/loop.ko\n",
    });
    const roots = { sysfs: join(root, "sys"), modules: join(root, "lib") };
    const has = await Promise.all(["nbd", "rbd", "loop", "iscsi_tcp", "bd"].map((name) => hasKernelModule(name, roots)));
    expect(has).toEqual([true, true, true, false, false]);
  });
});

describe("an RBD connection", () => {
  it("has a source and a directory of its own", () => {
    const other = { ...info, namespace: "" };
    expect(imageSource(info)).not.toBe(imageSource(other));
    expect(imageDirectory("/run/opensds", imageSource(info))).not.toBe(imageDirectory("/run/opensds", imageSource(other)));
    expect(imageDirectory("/run/opensds", imageSource(info))).toMatch(/^\/run\/opensds\/rbd\/ce859126-2c56-4607-ac1a-5dd2fdcf4f6e-3-[0-9a-f]{8}-10f9efd81433$/);
  });
  it("becomes a ceph.conf in which the connection's own user wins", () => {
    expect(renderConf(info, undefined, "/k")).toBe(
      "[global]\nfsid = ce859126-2c56-4607-ac1a-5dd2fdcf4f6e\nmon host = 10.0.0.1:6789,10.0.0.2:6789\n\n[client.dock]\nkeyring = /k\nclient mount timeout = 30\n",
    );
    expect(renderConf(info, "[client]\nkeyring = /other\n", undefined)).toBe("[client]\nkeyring = /other\n\n[client.dock]\nclient mount timeout = 30\n");
  });
});

it("writes device numbers as the kernel does", () => {
  // 254:0, 8:0, 0:39, and a minor above 255: its upper bits stand above the major's.
  expect([0xfe00, 0x800, 0x27, 0x11032c].map(deviceNumber)).toEqual(["254:0", "8:0", "0:39", "259:300"]);
});
