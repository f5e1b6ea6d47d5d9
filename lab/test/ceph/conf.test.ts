import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { renderBackends } from "../../src/backends-file.js";
import { monHost, renderAdminConf, renderClientConf } from "../../src/ceph/conf.js";
import { newKeys, newSecret, renderKeyring } from "../../src/ceph/keyrings.js";
import { cephFiles } from "../../src/ceph/layout.js";
import { type CephState, writeState } from "../../src/ceph/state.js";
import { labPaths } from "../../src/paths.js";
import { CINDER_PORTS } from "../../src/ports.js";

const root = mkdtempSync(join(tmpdir(), "lab-conf-"));
afterAll(() => rmSync(root, { recursive: true }));

const paths = labPaths({ root });
const files = cephFiles(paths);
const state: CephState = { layout: 1, stage: "made", fsid: "f-s-i-d", osds: 1, ports: { first: 20_160, count: 160 } };

describe("the cluster's settings", () => {
  const conf = renderAdminConf(state, files, paths.sockets);

  it("have no keyring for everybody, which would override the daemons' own", () => {
    const [, globalSection = ""] = /\[global\]([^[]*(?:\[v2[^\n]*)[^[]*)/u.exec(conf) ?? [];
    expect(globalSection).toContain("fsid = f-s-i-d");
    expect(globalSection).not.toContain("keyring");
  });

  it("keep every port inside the lab's block, and every address on loopback", () => {
    expect(monHost(state)).toBe("[v2:127.0.0.1:20160,v1:127.0.0.1:20161]");
    expect(conf).toContain("ms bind port min = 20162\n");
    expect(conf).toContain(`ms bind port max = ${20_319 - CINDER_PORTS}\n`);
    expect(conf).toContain("public network = 127.0.0.1/32\n");
  });

  it("write nothing outside the lab", () => {
    const outside = [...conf.matchAll(/= (\/\S+)/gu)].map(([, path = ""]) => path).filter((path) => !path.startsWith(paths.lab));
    expect(outside).toEqual([]);
    expect(conf).toContain("mon cluster log file = ");
  });

  it.each([
    [1, 1, 1],
    [2, 2, 1],
    [3, 3, 2],
    [5, 3, 2],
  ])("keep for %i OSDs %i copies, and serve with %i", (osds, size, least) => {
    const text = renderAdminConf({ ...state, osds }, files, paths.sockets);
    expect(text).toContain(`osd pool default size = ${size}\n`);
    expect(text).toContain(`osd pool default min size = ${least}\n`);
  });
});

describe("what a dock is given", () => {
  it("is a conf that names the cluster and its own key, and nothing of the admin's", () => {
    const conf = renderClientConf(state, files);
    expect(conf).toContain("mon host = [v2:127.0.0.1:20160,v1:127.0.0.1:20161]\n");
    expect(conf).toContain(`keyring = ${files.clientKeyring}\n`);
    expect(conf).not.toContain("admin");
  });

  it("is a user with no right beyond its pools", () => {
    const { dock } = newKeys(1);
    expect(dock.name).toBe("client.dock");
    expect(dock.caps).toEqual({
      mon: "profile rbd",
      osd: "profile rbd pool=dock, profile rbd pool=dock2",
      mgr: "profile rbd pool=dock, profile rbd pool=dock2",
    });
  });

  it("is a backends file with one backend for each pool", () => {
    expect(renderBackends(paths)).toBe(`# Written by the lab at every \`up\`: changes made here are lost.
backends:
  ceph:
    ceph_driver:
      conf: "${files.clientConf}"
      user: dock
      pool: dock
      attach: [krbd, rbd-nbd, fuse-loop]
  ceph2:
    ceph_driver:
      conf: "${files.clientConf}"
      user: dock
      pool: dock2
      attach: [krbd, rbd-nbd, fuse-loop]
  ceph-native:
    ceph_driver:
      conf: "${files.clientConf}"
      user: dock
      pool: dock
      attach: [rbd-nbd, fuse-loop]
      transport: native
  ceph-cli:
    ceph_driver:
      conf: "${files.clientConf}"
      user: dock
      pool: dock
      attach: [rbd-nbd, fuse-loop]
      transport: cli
  ceph-trash:
    ceph_driver:
      conf: "${files.clientConf}"
      user: dock
      pool: dock
      attach: [rbd-nbd, fuse-loop]
      trashSeconds: 3600
  ceph-luks:
    ceph_driver:
      conf: "${files.clientConf}"
      user: dock
      pool: dock
      attach: [krbd, rbd-nbd, fuse-loop]
      transport: native
      encryption: { passphraseFile: "${files.passphrase}" }
  ceph-luks-cli:
    ceph_driver:
      conf: "${files.clientConf}"
      user: dock
      pool: dock
      attach: [krbd, rbd-nbd, fuse-loop]
      transport: cli
      encryption: { passphraseFile: "${files.passphrase}" }
host:
  runtimeDir: "${paths.host}"
`);
  });
});

describe("what a dock is given of three OSDs", () => {
  it("is a pool with parts of objects on all of them, and the right to it", () => {
    const large = labPaths({ root: mkdtempSync(join(root, "large-")) });
    expect(newKeys(3).dock.caps).toEqual({
      mon: "profile rbd",
      osd: "profile rbd pool=dock, profile rbd pool=dock2, profile rbd pool=dock-ec",
      mgr: "profile rbd pool=dock, profile rbd pool=dock2, profile rbd pool=dock-ec",
    });
    mkdirSync(large.ceph, { recursive: true });
    writeState(cephFiles(large).state, { ...state, osds: 3 });
    expect(renderBackends(large)).toContain(`  ceph-ec:
    ceph_driver:
      conf: "${cephFiles(large).clientConf}"
      user: dock
      pool: dock
      attach: [rbd-nbd, fuse-loop]
      dataPool: dock-ec
      transport: native
`);
  });
});

describe("keys", () => {
  it("are in cephx's own encoding, each a new one", () => {
    const bytes = Buffer.from(newSecret(new Date(1_700_000_000_000)), "base64");
    expect(bytes).toHaveLength(28);
    expect(bytes.readUInt16LE(0)).toBe(1);
    expect(bytes.readUInt32LE(2)).toBe(1_700_000_000);
    expect(bytes.readUInt16LE(10)).toBe(16);
    expect(newSecret()).not.toBe(newSecret());
  });

  it("are written as Ceph's tools write them", () => {
    const text = renderKeyring([{ name: "client.x", key: "AQ==", caps: { mon: "profile rbd" } }]);
    expect(text).toBe('[client.x]\n\tkey = AQ==\n\tcaps mon = "profile rbd"\n');
  });
});
