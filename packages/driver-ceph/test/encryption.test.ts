import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MiB, silentLogger, SouthboundError, type CallContext } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withPassphrase } from "../src/passphrase.js";
import { decodeEncryption, encodeEncryption, expectedHeaderBytes, imageBytes, volumeBytes } from "../src/records/encryption.js";
import { decodeLuks } from "../src/transport/decode-luks.js";

const ctx: CallContext<"createVolume"> = {
  operation: "createVolume",
  signal: new AbortController().signal,
  remainingMs: () => 5_000,
  fail: (code, reason, message, info) => new SouthboundError(code, reason, message, { ...info, operation: "createVolume" }),
  step: () => Promise.resolve(),
  log: silentLogger,
};

/** The beginning of a header of LUKS. */
function header(version: number, more: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(16_384);
  bytes.write("LUKS\xba\xbe", "latin1");
  bytes.writeUInt16BE(version, 6);
  more(bytes);
  return bytes;
}
const luks2 = (description: unknown): Buffer => header(2, (bytes) => void bytes.write(JSON.stringify(description), 4_096));

describe("a header of LUKS", () => {
  it("says where the volume begins", () => {
    expect(decodeLuks(header(1, (bytes) => void bytes.writeUInt32BE(8_192, 104)))).toEqual({ format: "luks1", headerBytes: 4 * MiB });
    const segments = { "0": { type: "crypt", offset: "16777216", size: "dynamic" } };
    expect(decodeLuks(luks2({ keyslots: {}, segments }))).toEqual({ format: "luks2", headerBytes: 16 * MiB });
  });

  it.each([
    ["zeros", Buffer.alloc(16_384)],
    ["nothing", Buffer.alloc(0)],
    ["another version", header(3, () => undefined)],
    ["no JSON", header(2, () => undefined)],
    ["no segment", luks2({ segments: {} })],
    ["an offset that is no number", luks2({ segments: { "0": { offset: "0x10" } } })],
  ])("is not found in %s", (_what, bytes) => {
    expect(decodeLuks(bytes)).toBeUndefined();
  });

  it("takes whole objects", () => {
    expect(expectedHeaderBytes("luks1", 4 * MiB)).toBe(4 * MiB);
    expect(expectedHeaderBytes("luks2", 4 * MiB)).toBe(16 * MiB);
    expect(expectedHeaderBytes("luks2", 32 * MiB)).toBe(32 * MiB);
  });
});

describe("the sizes of an encrypted volume and its image", () => {
  const encryption = { format: "luks2", headerBytes: 16 * MiB } as const;

  it("differ by the header", () => {
    expect(volumeBytes(imageBytes(8 * MiB, { encryption }), { encryption })).toBe(8 * MiB);
    expect(imageBytes(8 * MiB, { encryption })).toBe(24 * MiB);
    expect(imageBytes(8 * MiB, {})).toBe(8 * MiB);
  });

  it("are recorded with the image", () => {
    expect(decodeEncryption(encodeEncryption(encryption))).toEqual(encryption);
    for (const text of ["", "null", "{}", '{"v":2,"format":"luks2","headerBytes":1}', '{"v":1,"format":"luks9","headerBytes":1}', '{"v":1,"format":"luks2","headerBytes":-1}']) {
      expect(decodeEncryption(text)).toBeUndefined();
    }
  });
});

describe.runIf(process.platform === "linux")("the passphrase", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "driver-ceph-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = (content: string): string => {
    const path = join(directory, "passphrase");
    writeFileSync(path, content);
    return path;
  };
  const given = (passphraseFile: string): Promise<string> =>
    withPassphrase({ format: "luks2", passphraseFile }, ctx, (path) => Promise.resolve(readFileSync(path, "utf8")));

  it.each([["open sesame"], ["open sesame\n"], ["open sesame\r\n"]])("is handed on without line ends: %j", async (content) => {
    expect(await given(file(content))).toBe("open sesame");
  });

  it("is in a file that no directory has, and that is gone afterwards", async () => {
    const path = await withPassphrase({ format: "luks1", passphraseFile: file("open sesame") }, ctx, (path) => {
      expect(path).toMatch(/^\/proc\/\d+\/fd\/\d+$/);
      return Promise.resolve(path);
    });
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ["", /holds no passphrase; `encryption` in the backends file/],
    ["\n\n", /holds no passphrase/],
    ["a\0b", /holds a NUL/],
  ])("is refused where it is %j, and not told", async (content, message) => {
    await expect(given(file(content))).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "encryption-key-missing", message: expect.stringMatching(message) as string });
  });

  it("is missed in words", async () => {
    await expect(given("/nowhere/passphrase")).rejects.toThrow("/nowhere/passphrase cannot be read");
  });
});
