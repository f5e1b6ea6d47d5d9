import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportConnection, hostId, type AttachmentRecord, type RbdConnectionInfo } from "@opensds/core";
import { attributeOf, canAttach, loopsOf, may, MiB, must, openBench, pathOf, startDock } from "./support.js";

describe.skipIf(!canAttach)("attaching a file", () => {
  it("gives one device however often it is asked, and takes it away", async () => {
    const { host, directory, fileVolume } = await openBench();
    const volume = await fileVolume("a");
    const first = await host.attach(volume, "test");
    expect(await host.attach(volume, "test")).toEqual(first);
    expect(await host.describe(volume, "test")).toEqual(first);
    expect(loopsOf(directory)).toEqual([pathOf(first)]);
    expect(first.device).toMatchObject({ method: "loop", readOnly: false });
    expect(attributeOf(first, "dev")).toBe(first.device?.number);
    expect(attributeOf(first, "loop/dio")).toBe("1");
    await host.detach(first);
    await host.detach(first);
    expect(loopsOf(directory)).toEqual([]);
    expect((await host.describe(volume, "test")).device).toBeNull();
  });

  it("leaves nothing in its runtime directory", async () => {
    const { host, runtimeDir, fileVolume } = await openBench();
    const record = await host.attach(await fileVolume("a"), "test");
    await host.detach(record);
    expect(must("find", runtimeDir, "-type", "f")).toBe("");
  });

  it("gives a read-only device for a reading mode, and refuses the other mode meanwhile", async () => {
    const { host, fileVolume } = await openBench();
    const reader = await fileVolume("a", MiB, "single-reader");
    const record = await host.attach(reader, "test");
    expect(record.device?.readOnly).toBe(true);
    expect(must("blockdev", "--getro", pathOf(record)).trim()).toBe("1");
    await expect(host.attach(await fileVolume("a"), "test")).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "attached-in-other-mode",
      outcome: "none",
    });
    await host.detach(record);
  });

  it("keeps bytes that were written without a flush", async () => {
    const { host, fileVolume, directory } = await openBench();
    const record = await host.attach(await fileVolume("a"), "test");
    const bytes = Buffer.alloc(3 * MiB, "southbound ");
    writeFileSync(pathOf(record), bytes);
    await host.detach(record);
    expect(readFileSync(join(directory, "a.img")).subarray(0, bytes.length).equals(bytes)).toBe(true);
  });

  it("makes one device when two processes attach at once", async () => {
    const { host, runtimeDir, directory, fileVolume } = await openBench();
    const argument = await fileVolume("a");
    const docks = [0, 1].map(() => startDock({ runtimeDir, operation: "attach", argument }).ended);
    const records = (await Promise.all(docks)).map(({ stdout }) => JSON.parse(stdout) as AttachmentRecord);
    expect(records[0]).toEqual(records[1]);
    expect(loopsOf(directory)).toHaveLength(1);
    for (const record of records) await host.detach(record);
  });

  it("attaches what another process connected", async () => {
    const { host, runtimeDir, directory, fileVolume } = await openBench();
    const volume = await fileVolume("a");
    const argument = exportConnection(volume);
    const { stdout } = await startDock({ runtimeDir, operation: "attach-exported", argument }).ended;
    const record = JSON.parse(stdout) as AttachmentRecord;
    expect(await host.describe(volume, "test")).toEqual(record);
    expect(loopsOf(directory)).toEqual([pathOf(record)]);
    await host.detach(record);
  });

  it("touches nothing when the device of a stale record belongs to another file", async () => {
    const { host, directory, fileVolume } = await openBench();
    const stale = await host.attach(await fileVolume("old"), "test");
    await host.detach(stale);
    const other = await host.attach(await fileVolume("new"), "test");
    // As if the kernel had given the freed name to the other one; mostly it has.
    if (stale.device === null || other.device === null) throw new Error("no device");
    await host.detach({ ...stale, device: { ...stale.device, path: other.device.path, number: other.device.number } });
    expect(loopsOf(directory)).toEqual([pathOf(other)]);
    await host.detach(other);
  });

  it("touches nothing for a record of another boot", async () => {
    const { host, directory, fileVolume } = await openBench();
    const record = await host.attach(await fileVolume("a"), "test");
    const { device } = record;
    if (device === null) throw new Error("no device");
    await host.detach({ ...record, device: { ...device, bootId: "an-earlier-boot" } });
    expect(loopsOf(directory)).toEqual([device.path]);
    await host.detach(record);
  });

  it("detaches a volume whose file was deleted under it", async () => {
    const { host, directory, fileVolume } = await openBench();
    const volume = await fileVolume("a");
    const record = await host.attach(volume, "test");
    await rm(join(directory, "a.img"));
    expect((await host.describe(volume, "test")).device).toEqual(record.device);
    await host.detach(record);
    expect(loopsOf(directory)).toEqual([]);
  });

  it("does not take a new file of the same name for the old one", async () => {
    const { host, directory, fileVolume } = await openBench();
    const before = await host.attach(await fileVolume("a"), "test");
    await rename(join(directory, "a.img"), join(directory, "moved.img"));
    const volume = await fileVolume("a");
    expect((await host.describe(volume, "test")).device).toBeNull();
    const after = await host.attach(volume, "test");
    expect(pathOf(after)).not.toBe(pathOf(before));
    await host.detach(after);
    may("losetup", "-d", pathOf(before));
  });

  it("says when the volume's file is missing", async () => {
    const { host, fileVolume, directory } = await openBench();
    const volume = await fileVolume("a");
    rmSync(join(directory, "a.img"));
    await expect(host.attach(volume, "test")).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-file-missing", outcome: "none" });
  });

  it("describes an attachment of another host without a device", async () => {
    const { host, fileVolume } = await openBench();
    const volume = await fileVolume("a");
    const record = await host.attach(volume, "test");
    const elsewhere = { ...volume, attachment: { ...volume.attachment, hostId: hostId("another") } };
    expect((await host.describe(elsewhere, "test")).device).toBeNull();
    await host.detach(record);
  });

  it("ends by the call's deadline and signal", async () => {
    const { host, fileVolume, runtimeDir } = await openBench();
    const volume = await fileVolume("a");
    const dock = startDock({ runtimeDir, operation: "lock", argument: volume.attachment.volumeId });
    await new Promise((resolve) => dock.child.stdout?.once("data", resolve));
    await expect(host.attach(volume, "test", { timeoutMs: 200 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    const controller = new AbortController();
    const waiting = host.attach(volume, "test", { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    dock.child.kill("SIGKILL");
    await dock.ended;
    await host.detach(await host.attach(volume, "test"));
  });
});

it("refuses what is no record", async () => {
  const { host, fileVolume } = await openBench();
  const { attachment } = await fileVolume("a");
  const version: unknown = 2;
  const record = { type: "attachment", version, backend: "test", attachment, device: null };
  await expect(host.detach(record as AttachmentRecord)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", reason: "bad-record" });
});

it("reaches no further than the connection's own file for a name with blanks", async () => {
  const { host, directory, connection } = await openBench();
  if (!canAttach) return;
  const path = join(directory, "--a b (deleted)");
  await writeFile(path, Buffer.alloc(MiB));
  const record = await host.attach(await connection({ protocol: "file", path, readOnly: false }, "odd"), "test");
  expect(loopsOf(directory)).toHaveLength(1);
  await host.detach(record);
  expect(loopsOf(directory)).toEqual([]);
});

describe.runIf(canAttach && !existsSync("/sys/bus/rbd") && !existsSync("/sys/module/nbd"))("a host without rbd and nbd modules", () => {
  it("says of every method why it cannot be used", async () => {
    const bench = await openBench();
    const info: RbdConnectionInfo = {
      protocol: "rbd",
      fsid: "ce859126-2c56-4607-ac1a-5dd2fdcf4f6e",
      monitors: ["127.0.0.1"],
      pool: "p",
      poolId: 1,
      namespace: "",
      image: "i",
      imageId: "1a",
      user: "dock",
      methods: ["krbd", "rbd-nbd"],
      readOnly: false,
    };
    const refusal = bench.host.attach(await bench.connection(info, "i"), "test");
    await expect(refusal).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "no-attach-method", outcome: "none" });
    await expect(refusal).rejects.toThrow("krbd: the kernel has no rbd module; rbd-nbd: the kernel has no nbd module");
  });
});
