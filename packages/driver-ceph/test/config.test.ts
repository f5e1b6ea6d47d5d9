import { backend, openBackends } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { ceph } from "../src/index.js";
import { cephManifest } from "../src/manifest.js";

const check = async (value: unknown) => ceph.config["~standard"].validate(value);
const problems = async (value: unknown): Promise<string> => {
  const { issues } = await check(value);
  return (issues ?? []).map(({ path, message }) => `${(path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")}: ${message}`).join("\n");
};
const misspelt: object = { keyrin: "/x" };

describe("the ceph_driver element", () => {
  it("needs a pool only", async () => {
    const result = await check({ pool: "rbd" });
    expect(result).toMatchObject({
      value: { pool: "rbd", user: "admin", namespace: "", attach: ["krbd", "rbd-nbd"], commandTimeoutMs: 30_000 },
    });
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
