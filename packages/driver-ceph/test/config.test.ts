import { readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { inspect } from "node:util";
import { backend, MiB, openBackends, secret } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { openClientFiles } from "../src/client-files.js";
import { ceph } from "../src/index.js";
import { cephManifest } from "../src/manifest.js";

const check = async (value: unknown) => ceph.config["~standard"].validate(value);
const problems = async (value: unknown): Promise<string> => {
  const { issues } = await check(value);
  return (issues ?? []).map(({ path, message }) => `${(path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")}: ${message}`).join("\n");
};
const misspelt: object = { keyrin: "/x" };

const aKey = secret("AQBSbbplAAAAABAAJzFqhm6yYQHXWDPBMqcXlg==");

describe("the ceph_driver element", () => {
  it.each([["10.0.0.1"], ["10.0.0.1:6789"], ["mon.example:3300"], ["[v2:[fd00::1]:3300/0,v1:[fd00::1]:6789/0]"]])("takes the monitor %s", async (monitor) => {
    expect(await problems({ pool: "rbd", monitors: [monitor], key: aKey })).toBe("");
  });

  it("takes a key from where it stands, and tells nobody", async () => {
    process.env["SB_TEST_KEY"] = aKey.reveal();
    try {
      const file = { backends: { a: { ceph_driver: { pool: "rbd", monitors: ["10.0.0.1"], key: { env: "SB_TEST_KEY" } } } } };
      const backends = await openBackends(file, { drivers: [ceph] });
      expect(inspect(backends, { depth: 20 })).not.toContain(aKey.reveal());
      await backends.unset();
    } finally {
      delete process.env["SB_TEST_KEY"];
    }
  });

  it("needs a pool only", async () => {
    const result = await check({ pool: "rbd" });
    expect(result).toMatchObject({
      value: { pool: "rbd", user: "admin", namespace: "", attach: ["krbd", "rbd-nbd"], commandTimeoutMs: 30_000 },
    });
  });

  it("encrypts with LUKS 2 unless it is told otherwise, takes the header off the largest volume, and makes none smaller than it", async () => {
    const result = await check({ pool: "rbd", encryption: { passphraseFile: "/p" } });
    if (result.issues !== undefined) throw new Error("refused");
    expect(result.value.encryption).toEqual({ format: "luks2", passphraseFile: "/p" });
    const { encryption: _, ...plain } = result.value;
    expect(cephManifest(plain).limits.maxVolumeBytes - cephManifest(result.value).limits.maxVolumeBytes).toBe(16 * MiB);
    expect([plain, result.value].map((config) => cephManifest(config).limits.minVolumeBytes)).toEqual([MiB, 16 * MiB]);
  });

  it("takes the cluster's conf from CEPH_CONF", async () => {
    const before = process.env["CEPH_CONF"];
    process.env["CEPH_CONF"] = "/somewhere/ceph.conf";
    try {
      expect(await check({ pool: "rbd" })).toMatchObject({ value: { conf: "/somewhere/ceph.conf" } });
    } finally {
      if (before === undefined) delete process.env["CEPH_CONF"];
      else process.env["CEPH_CONF"] = before;
    }
  });

  it("refuses unknown keys, of which core names the nearest known one", async () => {
    expect(await problems({ pool: "rbd", keyrin: "/x" })).toMatch(/^keyrin: /);
    const opening = openBackends({ backends: { b: backend(ceph, { pool: "rbd", ...misspelt }) } });
    await expect(opening).rejects.toThrow(/keyrin: unknown option; did you mean "keyring"\?/);
  });

  it.each([
    [{}, /^pool/],
    [{ pool: "" }, /^pool/],
    [{ pool: "a/b" }, /^pool/],
    [{ pool: "a@b" }, /^pool/],
    [{ pool: "rbd", attach: [] }, /^attach/],
    [{ pool: "rbd", attach: ["krdb"] }, /^attach.0/],
    [{ pool: "rbd", imageFeatures: ["fast"] }, /^imageFeatures.0/],
    [{ pool: "rbd", imageFeatures: ["exclusive-lock", "fast-diff"] }, /^imageFeatures: fast-diff needs object-map$/],
    [{ pool: "rbd", imageFeatures: ["object-map", "journaling"] }, /^imageFeatures: object-map needs exclusive-lock; journaling needs exclusive-lock$/],
    [{ pool: "rbd", conf: "" }, /^conf: give a path/],
    [{ pool: "rbd", user: "a b" }, /^user/],
    [{ pool: "rbd", keyring: "a\0b" }, /^keyring/],
    [{ pool: "rbd", namespace: "a/b" }, /^namespace/],
    [{ pool: "rbd", dataPool: "" }, /^dataPool/],
    [{ pool: "rbd", transport: "ssh" }, /^transport/],
    [{ pool: "rbd", encryption: {} }, /^encryption.passphraseFile/],
    [{ pool: "rbd", encryption: { passphraseFile: "" } }, /^encryption.passphraseFile: give a path$/],
    [{ pool: "rbd", encryption: { passphraseFile: "/p", format: "luks3" } }, /^encryption.format/],
    [{ pool: "rbd", encryption: { passphraseFile: "/p", passphrase: "in the open" } }, /^encryption.passphrase: /],
    [{ pool: "rbd", encryption: { passphraseFile: "/p" }, imageFeatures: ["exclusive-lock", "journaling"] }, /^imageFeatures: librbd encrypts no image with journaling/],
    [{ pool: "rbd", monitors: [] }, /^monitors: name at least one/],
    [{ pool: "rbd", monitors: ["10.0.0.1", "a;b"] }, /^monitors.1: an address such as/],
    [{ pool: "rbd", monitors: ["10.0.0.1"], conf: "/etc/ceph/ceph.conf" }, /^monitors: give `conf` or `monitors`, not both$/],
    [{ pool: "rbd", key: aKey, keyring: "/x" }, /^key: give `keyring` or `key`, not both$/],
    [{ pool: "rbd", key: "AQB-in-the-open" }, /^key: give \{ env: NAME \} or \{ file: PATH \}$/],
    [{ pool: "rbd", key: secret("no key\n") }, /^key: no key of cephx/],
    [{ pool: "rbd", unfinishedAfterMs: 1.5 }, /^unfinishedAfterMs/],
    [{ pool: "rbd", trashSeconds: -1 }, /^trashSeconds/],
    [{ pool: "rbd", objectSizeBytes: 5000 }, /^objectSizeBytes/],
    [{ pool: "rbd", commandTimeoutMs: 0 }, /^commandTimeoutMs/],
    ["rbd", /Expected Object/],
    [null, /Expected Object/],
  ])("refuses %j", async (value, expected) => {
    expect(await problems(value)).toMatch(expected);
  });

  it("has a JSON Schema that refuses unknown keys", () => {
    expect(ceph.config["~standard"].jsonSchema?.input({ target: "draft-07" })).toMatchObject({ type: "object", required: ["pool"], additionalProperties: false });
  });

  it("has limits that are whole MiB", async () => {
    const result = await check({ pool: "rbd", objectSizeBytes: 2 ** 25 });
    if (result.issues !== undefined) throw new Error("refused");
    const { limits } = cephManifest(result.value);
    expect(limits.maxVolumeBytes % limits.granularityBytes).toBe(0);
    expect(limits.maxVolumeBytes).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
  });
});

describe.runIf(process.platform === "linux")("what is written inline", () => {
  const filesNow = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`opensds-${process.pid}-`));
  const configured = async (options: object) => {
    const result = await check({ pool: "rbd", user: "dock", ...options });
    if (result.issues !== undefined) throw new Error("refused");
    return result.value;
  };

  it("is given to Ceph in files that no directory has, which only this user may read, and which go", async () => {
    const { config, close } = await openClientFiles(await configured({ monitors: ["10.0.0.1", "10.0.0.2:6789"], key: aKey }));
    const keyring = config.keyring ?? "";
    expect(readFileSync(config.conf, "utf8")).toBe("[global]\nmon host = 10.0.0.1,10.0.0.2:6789\n");
    expect(readFileSync(keyring, "utf8")).toBe(`[client.dock]\n\tkey = ${aKey.reveal()}\n`);
    // Whoever opens it again reads it from its beginning.
    expect(readFileSync(keyring, "utf8")).toContain(aKey.reveal());
    expect(statSync(keyring).mode & 0o777).toBe(0o600);
    expect(filesNow()).toEqual([]);
    expect(JSON.stringify(config)).not.toContain(aKey.reveal());
    await close();
    expect(() => readFileSync(keyring)).toThrow(/ENOENT/);
  });

  it("needs no files where nothing is", async () => {
    const config = await configured({ conf: "/etc/ceph/ceph.conf", keyring: "/etc/ceph/keyring" });
    expect((await openClientFiles(config)).config).toEqual(config);
  });
});
