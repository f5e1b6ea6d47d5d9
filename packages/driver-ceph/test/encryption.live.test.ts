import { execFile, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { MiB, requireFacets, type AttachmentRecord, type Backends, type DriverWith, type Volume } from "@opensds/core";
import type { CephOptions } from "@opensds/driver-ceph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDock } from "./live/dock.js";
import { failureOf, live, openLab, openNamespace, uniqueName, type LabNamespace } from "./live/lab.js";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const secretWords = "open sesame";
const marker = "what nobody but its owner may read";
/** Enough for XFS, which takes no less than 300 MiB. */
const capacity = { requiredBytes: 512 * MiB };

const deviceOf = ({ device }: AttachmentRecord): string => device?.path ?? "none";
const deviceBytes = async (record: AttachmentRecord): Promise<number> => Number((await run("blockdev", ["--getsize64", deviceOf(record)])).stdout);
const holdsMarker = (path: string): boolean => spawnSync("grep", ["--quiet", "--text", "--fixed-strings", marker, path]).status === 0;
/** What stands there; fails where it does not answer. */
function readAt(path: string, offsetBytes: number, lengthBytes: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes, 1);
  const file = openSync(path, "r");
  try {
    readSync(file, bytes, 0, lengthBytes, offsetBytes);
  } finally {
    closeSync(file);
  }
  return bytes;
}
const imageIdOf = ({ id }: Volume): string => id.split(".").at(-1) ?? id;
/** Loop devices and processes that have to do with a volume. */
const leftOf = async (volume: Volume): Promise<readonly string[]> => {
  const loops = (await run("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"])).stdout.split("\n");
  const processes = (await run("ps", ["-eo", "args"])).stdout.split("\n").filter((args) => args.startsWith("qemu-storage-"));
  return [...loops, ...processes].filter((text) => text.includes(imageIdOf(volume)));
};

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

type Driver = DriverWith<"snapshots" | "sources" | "expansion" | "imports" | "reconciliation">;
const openedBy = (backends: Backends): Driver => requireFacets(backends.get("ceph"), "snapshots", "sources", "expansion", "imports", "reconciliation");

describe.runIf(live && isRoot)("encrypted volumes on a real cluster", { timeout: 120_000 }, () => {
  let scratch: string;
  let encryption: NonNullable<CephOptions["encryption"]>;
  let lab: LabNamespace;
  let driver: Driver;
  /** One for several tests: making one takes seconds. */
  let volume: Volume;
  const others: Backends[] = [];
  /** Another dock in the namespace. */
  const dock = async (more: Partial<CephOptions>): Promise<Driver> => {
    const backends = await openLab(lab.name, "cli", {}, { attach: ["fuse-loop"], ...more });
    others.push(backends);
    await backends.get("ceph").setup();
    return openedBy(backends);
  };
  const passphrase = (name: string, content: string): NonNullable<CephOptions["encryption"]> => {
    const passphraseFile = join(scratch, name);
    writeFileSync(passphraseFile, content, { mode: 0o600 });
    return { passphraseFile };
  };

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "opensds-luks-"));
    // Opening LUKS 1 takes a second or two, LUKS 2 more and a gigabyte of memory.
    encryption = { ...passphrase("right", `${secretWords}\n`), format: "luks1" };
    lab = await openNamespace("luks", "native", { attach: ["krbd", "fuse-loop"], encryption });
    driver = openedBy(lab.backends);
    volume = await driver.createVolume({ name: uniqueName("life"), capacity });
  }, 120_000);
  afterAll(async () => {
    for (const backends of others) await backends.unset();
    await lab.remove();
    rmSync(scratch, { recursive: true });
  }, 60_000);

  it("are ciphertext in the cluster and plain on their device, which has their size, grows, and is cloned", async () => {
    expect(volume).toMatchObject({ sizeBytes: capacity.requiredBytes, state: "available" });
    expect((await driver.createVolume({ name: volume.name, capacity })).id).toBe(volume.id);
    const first = await driver.attachVolume({ volumeId: volume.id });
    expect(await deviceBytes(first)).toBe(volume.sizeBytes);
    expect((await run("sh", ["-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' || true"], { maxBuffer: 64 * MiB })).stdout).not.toContain(secretWords);
    expect((await run("find", ["/run/opensds", "-path", `*${imageIdOf(volume)}*`, "-name", "passphrase"])).stdout).toBe("");
    const directory = join(scratch, "mount");
    const mount = await driver.mountVolume({ attachment: first, directory, fsType: "xfs", createDirectory: true });
    writeFileSync(join(directory, "file"), marker);
    await run("sync", ["--file-system", directory]);
    expect(holdsMarker(deviceOf(first))).toBe(true);
    const snapshot = await driver.snapshots.createSnapshot({ name: uniqueName("cut"), sourceVolumeId: volume.id });
    expect(snapshot.sizeBytes).toBe(volume.sizeBytes);

    const grown = await driver.expansion.expandVolume({ id: volume.id, capacity: { requiredBytes: 640 * MiB } });
    expect(grown.volume.sizeBytes).toBe(640 * MiB);
    const after = await driver.expansion.growAttachment(first);
    expect(await deviceBytes(after)).toBe(640 * MiB);
    expect(Number((await run("stat", ["--file-system", "--format=%b", directory])).stdout) * 4_096).toBeGreaterThan(capacity.requiredBytes);
    expect(readFileSync(join(directory, "file"), "utf8")).toBe(marker);
    await driver.unmountVolume(mount);
    await driver.detachVolume(first);
    expect(await leftOf(volume)).toEqual([]);

    const exported = join(scratch, "export");
    await lab.rbd("export", "--no-progress", "--image", `opensds.${volume.name}`, "--path", exported);
    expect(holdsMarker(exported)).toBe(false);
    rmSync(exported);

    const clone = await driver.createVolume({ name: uniqueName("clone"), capacity: { requiredBytes: 640 * MiB }, source: { kind: "snapshot", snapshotId: snapshot.id } });
    expect(clone.sizeBytes).toBe(640 * MiB);
    for (const { id, sizeBytes } of [volume, clone]) {
      const again = await driver.attachVolume({ volumeId: id });
      expect(await deviceBytes(again)).toBe(640 * MiB);
      expect(sizeBytes).toBeLessThanOrEqual(640 * MiB);
      const back = await driver.mountVolume({ attachment: again, directory, createDirectory: true, format: "never" });
      expect(readFileSync(join(directory, "file"), "utf8")).toBe(marker);
      await driver.unmountVolume(back);
      // Behind its source's end a clone answered no read, for as many bytes as the header has.
      if (id === clone.id) expect(readAt(deviceOf(again), capacity.requiredBytes, 8 * MiB).every((byte) => byte === 0)).toBe(true);
      await driver.detachVolume(again);
    }
    await driver.deleteVolume({ id: clone.id });
    await driver.snapshots.deleteSnapshot({ id: snapshot.id });
  });

  it("get no device without their passphrase, and are read, listed, let go, imported and deleted all the same", async () => {
    const now = await driver.getVolume({ id: volume.id });
    const wrong = await dock({ encryption: passphrase("wrong", "open barley") });
    expect(await failureOf(wrong.attachVolume({ volumeId: volume.id }))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "encryption-key-wrong" });
    const none = await dock({});
    expect(await failureOf(none.attachVolume({ volumeId: volume.id }))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "encryption-key-missing" });
    const kernelOnly = await dock({ encryption, attach: ["krbd"] });
    expect(await failureOf(kernelOnly.attachVolume({ volumeId: volume.id }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "no-attach-method",
      message: expect.stringContaining("list rbd-nbd or fuse-loop") as string,
    });
    expect(await leftOf(volume)).toEqual([]);
    expect(await none.listAttachments({ volumeId: volume.id, hostId: "all" })).toEqual([]);
    expect(await none.getVolume({ id: volume.id })).toEqual(now);
    expect(await all(none.listVolumes())).toContainEqual(now);
    expect(await failureOf(none.createVolume({ name: volume.name, capacity }))).toMatchObject({ reason: "volume-exists" });

    await none.imports.unmanageVolume({ id: volume.id });
    expect(await all(none.imports.listImportable())).toContainEqual({ reference: volume.name, sizeBytes: now.sizeBytes });
    const back = await none.imports.importVolume({ reference: volume.name, name: volume.name });
    expect(back).toMatchObject({ id: volume.id, sizeBytes: now.sizeBytes });
    expect(await failureOf(none.attachVolume({ volumeId: back.id }))).toMatchObject({ reason: "encryption-key-missing" });
    await none.deleteVolume({ id: volume.id });
  });

  it("are not made of what is not encrypted", async () => {
    const plain = await dock({});
    const source = await plain.createVolume({ name: uniqueName("plain"), capacity: { requiredBytes: MiB } });
    const made = driver.createVolume({ name: uniqueName("from-plain"), capacity: { requiredBytes: MiB }, source: { kind: "volume", volumeId: source.id } });
    expect(await failureOf(made)).toMatchObject({ code: "FAILED_PRECONDITION", reason: "source-not-encrypted" });
    expect(await failureOf(driver.createVolume({ name: source.name, capacity: { requiredBytes: MiB } }))).toMatchObject({ code: "ALREADY_EXISTS" });
    await plain.deleteVolume({ id: source.id });
  });

  it("are nobody's until they are encrypted: a create that is killed before that is no volume, and its replay leaves one image", async () => {
    const name = uniqueName("killed");
    const luks2 = { ...encryption, format: "luks2" } as const;
    const killed = await startDock(lab.name, "cli", { ceph: { encryption: luks2 } });
    expect((await killed.run({ method: "create", of: name, killAt: { step: "encrypt", time: 1 } })).how).toBe("killed");
    await killed.stop();
    expect(await failureOf(driver.getVolume({ name }))).toMatchObject({ code: "NOT_FOUND" });
    expect(await lab.rbd("ls")).toContain("opensds-copy.");
    const volume = await (await dock({ encryption: luks2 })).createVolume({ name, capacity: { requiredBytes: MiB } });
    // No smaller than its header: a device of it could not grow.
    expect(volume).toMatchObject({ sizeBytes: 16 * MiB, state: "available" });
    expect(await lab.rbd("ls")).not.toContain("opensds-copy.");
    await driver.deleteVolume({ id: volume.id });
  });
});
