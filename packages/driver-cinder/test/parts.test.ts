import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterEach, describe, expect, it } from "vitest";
import { findCloud } from "../src/auth/find-cloud.js";
import { cinderConfig, type CinderConfig } from "../src/config.js";
import { idsIn, tokenAfter } from "../src/volumes/list-token.js";
import { decodeRecord, displayName, encodeRecord, requestMetadata, requestOf } from "../src/records/records.js";
import { cutDescription, cutNameOf, groupDescription, groupRecordOf, membersKey } from "../src/groups/group-record.js";
import { nextLookMs } from "../src/poll.js";
import { rowsAfter } from "../src/volumes/rows-after.js";

const scratch: string[] = [];
afterEach(async () => {
  for (const directory of scratch.splice(0)) await rm(directory, { recursive: true });
});

async function configOf(options: object): Promise<CinderConfig> {
  const checked = await cinderConfig["~standard"].validate(options);
  if (checked.issues !== undefined) throw new Error(JSON.stringify(checked.issues));
  return checked.value;
}

async function cloudsFile(clouds: string, secure?: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "opensds-clouds-"));
  scratch.push(directory);
  await writeFile(join(directory, "clouds.yaml"), clouds);
  if (secure !== undefined) await writeFile(join(directory, "secure.yaml"), secure);
  return join(directory, "clouds.yaml");
}

describe("records in metadata", () => {
  const shape = v.object({ text: v.string() });

  it("come back unchanged, whatever their length and characters, in values that Cinder takes", () => {
    for (const text of ["", "x", "ü😀", "y".repeat(249), "z".repeat(2_000), "😀".repeat(300)]) {
      const metadata = encodeRecord("opensds.test", { text });
      for (const value of Object.values(metadata)) {
        expect(value.length).toBeLessThanOrEqual(255);
        expect(value).toMatch(/^[\x20-\x7e]*$/u);
      }
      expect(decodeRecord(metadata, "opensds.test", shape)).toEqual({ text });
    }
  });

  it("of an earlier, longer text do not mix with a shorter one", () => {
    const metadata = { ...encodeRecord("k", { text: "l".repeat(1_000) }), ...encodeRecord("k", { text: "short" }) };
    expect(decodeRecord(metadata, "k", shape)).toEqual({ text: "short" });
  });

  it("that are not whole are not there, and those of a newer layout are refused", () => {
    const metadata = encodeRecord("k", { text: "l".repeat(1_000) });
    expect(decodeRecord(metadata, "k", shape)).toBeDefined();
    for (const index of [0, 1, 2]) expect(decodeRecord({ ...metadata, [`k.${index}`]: "" }, "k", shape)).toBeUndefined();
    const request = { name: "one", capacity: { requiredBytes: 1, limitBytes: null }, parameters: {}, sizeBytes: 2 ** 30 };
    expect(requestOf({ id: "i", metadata: requestMetadata(request) })).toEqual(request);
    expect(() => requestOf({ id: "i", metadata: { ...requestMetadata(request), "opensds.v": "2" } })).toThrow("layout version 2");
    expect(requestOf({ id: "i", metadata: {} })).toBeUndefined();
  });

  it("leave Cinder a name that its database takes", () => {
    expect(displayName("plain name")).toBe("plain name");
    expect(displayName("ü 😀")).toBe("ü ?");
  });
});

describe("a walk over pages", () => {
  const rows = ["a", "b", "c", "d", "e", "f"].map((id) => ({ id }));
  const serve = (there: readonly { readonly id: string }[]) => (query: { readonly limit: number; readonly marker?: string }) => {
    const { marker, limit } = query;
    if (marker !== undefined && !there.some(({ id }) => id === marker)) return Promise.resolve(undefined);
    return Promise.resolve(there.filter(({ id }) => marker === undefined || id > marker).slice(0, limit));
  };

  it("goes on where it was, also when rows it stood at were deleted", async () => {
    expect(await rowsAfter(serve(rows), [], 2)).toEqual(rows.slice(0, 2));
    expect(await rowsAfter(serve(rows), ["a", "b"], 2)).toEqual(rows.slice(2, 4));
    const without = (...gone: string[]) => rows.filter(({ id }) => !gone.includes(id));
    expect(await rowsAfter(serve(without("b")), ["a", "b"], 2)).toEqual(rows.slice(2, 4));
    expect(await rowsAfter(serve(without("a", "b")), ["a", "b"], 2)).toEqual(rows.slice(2, 4));
    expect(await rowsAfter(serve(without("f")), ["e", "f"], 2)).toEqual([]);
  });

  it("has tokens of one form, and knows no other", () => {
    const ids = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
    expect(idsIn(tokenAfter(ids))).toEqual(ids);
    for (const token of ["", "cinder1.", "cinder1.x", "ceph1.aaaa", `cinder1.${[...ids].reverse().join(".")}`]) expect(idsIn(token)).toBeUndefined();
  });
});

describe("a cloud", () => {
  const clouds = "clouds:\n  one:\n    region_name: R1\n    interface: internal\n    cacert: /etc/ca.pem\n    auth: { auth_url: 'https://k/v3', username: u, project_name: p, user_domain_name: D }\n";

  it("is read from clouds.yaml with the secrets of secure.yaml beside it", async () => {
    const file = await cloudsFile(clouds, "clouds: { one: { auth: { password: pw } } }\n");
    const cloud = await findCloud(await configOf({ cloud: "one", cloudsFile: file }), {});
    expect(cloud).toMatchObject({ auth: "keystone", authUrl: "https://k/v3", region: "R1", interface: "internal", caFile: "/etc/ca.pem" });
    if (cloud.auth !== "keystone" || cloud.credentials.type !== "password") throw new Error("not by password");
    expect(cloud.credentials.user).toMatchObject({ name: "u", domainName: "D" });
    expect(cloud.credentials.password.reveal()).toBe("pw");
    expect(JSON.stringify(cloud)).not.toContain('"pw"');
  });

  it("is read from the OS_* variables, or by the name in OS_CLOUD", async () => {
    const env = { OS_AUTH_URL: "http://k", OS_APPLICATION_CREDENTIAL_ID: "a", OS_APPLICATION_CREDENTIAL_SECRET: "s", OS_REGION_NAME: "R2" };
    expect(await findCloud(await configOf({}), env)).toMatchObject({ authUrl: "http://k", region: "R2", credentials: { type: "application-credential", id: "a" } });
    const file = await cloudsFile(clouds, "clouds: { one: { auth: { password: pw } } }\n");
    expect(await findCloud(await configOf({}), { OS_CLOUD: "one", OS_CLIENT_CONFIG_FILE: file })).toMatchObject({ authUrl: "https://k/v3" });
  });

  it("gives way to what the backends file says", async () => {
    const file = await cloudsFile(clouds, "clouds: { one: { auth: { password: pw } } }\n");
    expect(await findCloud(await configOf({ cloud: "one", cloudsFile: file, region: "R9", interface: "public" }), {})).toMatchObject({ region: "R9", interface: "public" });
  });

  it("that is missing something is refused with words that say where, and quote no secret", async () => {
    const file = await cloudsFile(clouds);
    await expect(configOf({ cloud: "one", cloudsFile: file }).then((config) => findCloud(config, {}))).rejects.toThrow(`cloud one in ${file} has no password`);
    await expect(configOf({ cloud: "two", cloudsFile: file }).then((config) => findCloud(config, {}))).rejects.toThrow("it has one");
    await expect(configOf({}).then((config) => findCloud(config, {}))).rejects.toThrow("no cloud is named");
    const broken = await cloudsFile("clouds: {one: {auth: {password: 'hid den\n");
    await expect(configOf({ cloud: "one", cloudsFile: broken }).then((config) => findCloud(config, {}))).rejects.toThrow(/^(?!.*hid den).*is no YAML/u);
  });
});

describe("what is kept about a group", () => {
  it("comes back from a description that Cinder takes, whatever its name", () => {
    for (const name of ["g", "a b/c", "😀".repeat(32), "ü".repeat(64), "opensds1 made"]) {
      const record = { state: "making", members: membersKey(["b", "a"]), name } as const;
      expect(groupDescription(record).length).toBeLessThanOrEqual(255);
      expect(groupRecordOf({ description: groupDescription(record) })).toEqual(record);
      expect(cutNameOf({ description: cutDescription(name) })).toBe(name);
      expect(groupRecordOf({ description: cutDescription(name) })).toBeUndefined();
    }
  });

  it("is nothing for other tools' groups, and takes a set of volumes for the same in any order", () => {
    for (const description of [null, undefined, "", "my group", "opensds1 made x y", "opensds2 made 0123456789abcdef Zw"]) {
      expect(groupRecordOf({ description })).toBeUndefined();
      expect(cutNameOf({ description })).toBeUndefined();
    }
    expect(membersKey(["a", "b"])).toBe(membersKey(["b", "a", "a"]));
    expect(membersKey(["a", "b"])).not.toBe(membersKey(["a"]));
  });
});

describe("the waits between looks", () => {
  it("are half of what the quickest of late took, then grow with what it has taken", () => {
    expect([0, 2_000, 3_500].map((waited) => nextLookMs(waited, 4_000))).toEqual([2_000, 1_000, 437.5]);
    expect([0, 100, 800, 60_000].map((waited) => nextLookMs(waited, 0))).toEqual([40, 40, 100, 1_000]);
    expect(nextLookMs(0, 600_000)).toBe(5_000);
  });
});

describe("the options", () => {
  it("that are unknown or wrong are refused", async () => {
    await expect(configOf({ clod: "x" })).rejects.toThrow("clod");
    await expect(configOf({ maxMicroversion: "latest" })).rejects.toThrow("3.59");
    await expect(configOf({ ceph: [{ conf: "/etc/ceph/ceph.conf" }] })).rejects.toThrow("keyring");
  });
});
