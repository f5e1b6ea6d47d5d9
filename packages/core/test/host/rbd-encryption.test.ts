import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SouthboundError, silentLogger, type CallContext, type RbdEncryption } from "@opensds/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { krbdConnector } from "../../src/host/connectors/krbd.js";
import type { KnownImage } from "../../src/host/known-image.js";
import { checkRbdConnection, rbdFailure } from "../../src/host/rbd-credentials.js";
import { forgetPassphrase, readHeaderBytes, readPassphrase, writeEncryptionFiles } from "../../src/host/rbd-encryption.js";
import { plainImage } from "./known-image.js";

const ctx: CallContext<"attachVolume"> = {
  operation: "attachVolume",
  signal: new AbortController().signal,
  remainingMs: () => 5_000,
  fail: (code, reason, message, info) => new SouthboundError(code, reason, message, { ...info, operation: "attachVolume" }),
  step: () => Promise.resolve(),
  log: silentLogger,
};
const encrypted = (part: Partial<RbdEncryption> = {}): KnownImage => ({ ...plainImage, encryption: { format: "luks2", headerBytes: 16_777_216, ...part } });

describe("an encrypted image on a host", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "opensds-luks-"));
  });
  afterEach(() => rm(directory, { recursive: true }));
  const passphraseFile = async (content: string): Promise<string> => {
    await writeFile(join(directory, "given"), content);
    return join(directory, "given");
  };

  it("has its passphrase, without line ends, in a file for root alone until it is open, and its header's size for later", async () => {
    const info = encrypted({ passphraseFile: await passphraseFile("open sesame\n") });
    const files = await writeEncryptionFiles(directory, info, await readPassphrase(info, ctx));
    expect(files?.format).toBe("luks2");
    expect(await readFile(files?.passphraseFile ?? "", "utf8")).toBe("open sesame");
    expect((await stat(files?.passphraseFile ?? "")).mode & 0o777).toBe(0o600);
    await forgetPassphrase(directory);
    expect((await readdir(directory)).sort()).toEqual(["given", "header-bytes"]);
    expect(await readHeaderBytes(directory)).toBe(16_777_216);
  });

  it("is no different from others where it is not encrypted", async () => {
    expect(await readPassphrase(plainImage, ctx)).toBeUndefined();
    expect(await writeEncryptionFiles(directory, plainImage, undefined)).toBeUndefined();
    expect(await readHeaderBytes(directory)).toBe(0);
    expect(await readdir(directory)).toEqual([]);
  });

  it("is refused without a passphrase, before anything is begun", async () => {
    const missing = { code: "FAILED_PRECONDITION", reason: "encryption-key-missing", outcome: "none", recovery: "operator" };
    await expect(readPassphrase(encrypted(), ctx)).rejects.toMatchObject({ ...missing, message: expect.stringContaining("set `encryption` in the backends file") as string });
    await expect(readPassphrase(encrypted({ passphraseFile: "/nowhere" }), ctx)).rejects.toMatchObject({ ...missing, message: expect.stringContaining("/nowhere") as string });
    await expect(readPassphrase(encrypted({ passphraseFile: await passphraseFile("\n") }), ctx)).rejects.toMatchObject(missing);
    await expect(readPassphrase(encrypted({ passphraseFile: await passphraseFile("a\0b") }), ctx)).rejects.toMatchObject(missing);
  });

  it("is nothing for the kernel's client, which says what to list instead", async () => {
    const krbd = krbdConnector({ runtimeDir: directory, bootId: "boot" });
    expect(await krbd.unavailable(encrypted())).toMatch(/cannot decrypt .*list rbd-nbd or fuse-loop/);
  });

  it("takes no path with a line end in it", () => {
    expect(() => checkRbdConnection(encrypted({ passphraseFile: "/a\nb" }), ctx)).toThrow(/encryption.passphraseFile/);
  });

  it("is told from one that is gone, whatever its name", () => {
    const gone = rbdFailure(encrypted({ passphraseFile: "/p" }), "rbd-nbd", "error opening image luks-volume: (2) No such file or directory", ctx);
    expect(gone).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
    for (const text of ["encryption load fail: Operation not permitted", "failed to load encryption: (1) Operation not permitted"]) {
      const locked = rbdFailure(encrypted({ passphraseFile: "/p" }), "fuse-loop", text, ctx);
      expect(locked).toMatchObject({ code: "FAILED_PRECONDITION", reason: "encryption-key-wrong", message: expect.stringContaining("the passphrase in /p") as string });
      expect(rbdFailure(plainImage, "fuse-loop", text, ctx)).toMatchObject({ code: "PERMISSION_DENIED" });
    }
  });
});
