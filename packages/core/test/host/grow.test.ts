import { existsSync, readFileSync, statfsSync } from "node:fs";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AttachmentRecord } from "@opensds/core";
import { canAttach, memoryJournal, MiB, must, openBench, pathOf, startDock, startHolder, stop, type Bench } from "./support.js";

const deviceBytes = (record: AttachmentRecord): number => Number(must("blockdev", "--getsize64", pathOf(record)));
const totalBytes = (directory: string): number => {
  const { blocks, bsize } = statfsSync(directory);
  return blocks * bsize;
};
const image = ({ directory }: Bench, name = "a"): string => join(directory, `${name}.img`);
/** Whether the kernel would let this process grow a mounted ext4. */
const mayResize = (BigInt(`0x${/CapEff:\s*(\S+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`) & (1n << 24n)) !== 0n;

describe.skipIf(!canAttach)("growing an attachment", { timeout: 120_000 }, () => {
  it("brings a device to its file's size, however often it is asked", async () => {
    const bench = await openBench();
    const record = await bench.host.attach(await bench.fileVolume("a"), "test");
    expect(await bench.host.grow(record)).toEqual(record);
    expect(deviceBytes(record)).toBe(64 * MiB);
    await truncate(image(bench), 100 * MiB);
    expect(await bench.host.grow(record)).toEqual(record);
    expect(await bench.host.grow(record)).toEqual(record);
    expect(deviceBytes(record)).toBe(100 * MiB);
    await bench.host.detach(record);
  });

  it("brings a mounted xfs to it while a program writes", async () => {
    const bench = await openBench();
    const { host } = bench;
    const attachment = await host.attach(await bench.fileVolume("a", 512 * MiB), "test");
    const directory = await bench.mountPoint("m");
    const mount = await host.mount({ attachment, directory, fsType: "xfs" }, memoryJournal());
    const before = totalBytes(directory);
    const writer = await startHolder("sh", "-c", `echo ready; while :; do dd if=/dev/zero of='${directory}/w' bs=1M count=1 conv=fsync status=none || exit 1; done`);
    await truncate(image(bench), 1024 * MiB);
    await host.grow(attachment);
    await host.grow(attachment);
    expect(totalBytes(directory) - before).toBe(512 * MiB);
    expect(writer.exitCode).toBeNull();
    await stop(writer);
    await host.unmount(mount);
    must("xfs_repair", "-n", pathOf(attachment));
    await host.detach(attachment);
  });

  it.skipIf(mayResize)("says what a mounted ext4 needs where the kernel forbids it, and the next mount grows it", async () => {
    const bench = await openBench();
    const { host } = bench;
    const attachment = await host.attach(await bench.fileVolume("a"), "test");
    const directory = await bench.mountPoint("m");
    const journal = memoryJournal();
    const mount = await host.mount({ attachment, directory }, journal);
    await writeFile(join(directory, "kept"), "yes");
    await truncate(image(bench), 192 * MiB);
    const refused = host.grow(attachment);
    await expect(refused).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "grow-failed", outcome: "applied", recovery: "operator" });
    await expect(refused).rejects.toThrow("CAP_SYS_RESOURCE");
    expect(deviceBytes(attachment)).toBe(192 * MiB);
    expect(totalBytes(directory)).toBeLessThan(64 * MiB);

    await host.unmount(mount);
    const again = await host.mount({ attachment, directory }, journal);
    expect(totalBytes(directory)).toBeGreaterThan(150 * MiB);
    expect(readFileSync(join(directory, "kept"), "utf8")).toBe("yes");
    await host.grow(attachment);
    await host.unmount(again);
    must("e2fsck", "-f", "-n", pathOf(attachment));
    await host.detach(attachment);
  });

  it.each(["ext4", "xfs"] as const)("lets the next mount grow an %s that we made, and no other", async (fsType) => {
    const bench = await openBench();
    const { host } = bench;
    const sizeBytes = fsType === "xfs" ? 512 * MiB : 64 * MiB;
    const volume = await bench.fileVolume("a", sizeBytes);
    const directory = await bench.mountPoint("m");
    const journal = memoryJournal();
    let attachment = await host.attach(volume, "test");
    const mount = await host.mount({ attachment, directory, fsType }, journal);
    const small = totalBytes(directory);
    await host.unmount(mount);
    await host.detach(attachment);
    await truncate(image(bench), 4 * sizeBytes);
    attachment = await host.attach(volume, "test");

    const foreign = await host.mount({ attachment, directory }, memoryJournal());
    expect(totalBytes(directory)).toBe(small);
    await host.unmount(foreign);
    const reading = await host.mount({ attachment, directory, readOnly: true }, journal);
    expect(totalBytes(directory)).toBe(small);
    await host.unmount(reading);

    const grown = await host.mount({ attachment, directory }, journal);
    expect(totalBytes(directory)).toBeGreaterThan(3 * sizeBytes);
    expect(grown.fsUuid).toBe(mount.fsUuid);
    await host.unmount(grown);
    await host.detach(attachment);
  });

  it("shrinks nothing", async () => {
    const bench = await openBench();
    const record = await bench.host.attach(await bench.fileVolume("a"), "test");
    await truncate(image(bench), 32 * MiB);
    await expect(bench.host.grow(record)).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "grow-failed", outcome: "none" });
    expect(deviceBytes(record)).toBe(64 * MiB);
    await truncate(image(bench), 64 * MiB);
    await bench.host.detach(record);
  });

  it("refuses a record whose device is not here, or another volume's by now", async () => {
    const bench = await openBench();
    const stale = await bench.host.attach(await bench.fileVolume("old"), "test");
    must("losetup", "-d", pathOf(stale));
    const refusal = { code: "FAILED_PRECONDITION", reason: "attachment-not-found", outcome: "none" };
    await expect(bench.host.grow(stale)).rejects.toMatchObject(refusal);
    await expect(bench.host.grow({ ...stale, device: null })).rejects.toMatchObject(refusal);
    const other = await bench.host.attach(await bench.fileVolume("new"), "test");
    await truncate(image(bench, "new"), 128 * MiB);
    // As if the kernel had given the freed name to the other one.
    const { device } = stale;
    if (device === null || other.device === null) throw new Error("no device");
    const mistaken = { ...stale, device: { ...device, path: other.device.path, number: other.device.number } };
    await expect(bench.host.grow(mistaken)).rejects.toMatchObject(refusal);
    expect(deviceBytes(other)).toBe(64 * MiB);
    await bench.host.detach(other);
  });

  it("says where a file system is mounted that it cannot reach", async () => {
    const bench = await openBench();
    const record = await bench.host.attach(await bench.fileVolume("a"), "test");
    must("mkfs.ext4", "-q", pathOf(record));
    const directory = await bench.mountPoint("m");
    const holder = await startHolder("unshare", "-m", "sh", "-c", `mount '${pathOf(record)}' '${directory}' && echo ready; read line`);
    await truncate(image(bench), 128 * MiB);
    const refused = bench.host.grow(record);
    await expect(refused).rejects.toMatchObject({ reason: "grow-failed", outcome: "applied" });
    await expect(refused).rejects.toThrow(`in the mount namespace of process ${holder.pid ?? 0}`);
    expect(deviceBytes(record)).toBe(128 * MiB);
    await stop(holder);
    await bench.host.detach(record);
  });

  it("is finished by its replay when the dock is killed at any step", async () => {
    const bench = await openBench();
    const { host, runtimeDir } = bench;
    const attachment = await host.attach(await bench.fileVolume("a", 512 * MiB), "test");
    const directory = await bench.mountPoint("m");
    const mount = await host.mount({ attachment, directory, fsType: "xfs" }, memoryJournal());
    let sizeBytes = 512 * MiB;
    let steps = 0;
    for (let died = true; died; steps += 1) {
      const before = totalBytes(directory);
      sizeBytes += 128 * MiB;
      await truncate(image(bench), sizeBytes);
      ({ died } = await startDock({ runtimeDir, operation: "grow", argument: attachment, dieAtStep: steps }).ended);
      await host.grow(attachment);
      expect([deviceBytes(attachment), totalBytes(directory) - before]).toEqual([sizeBytes, 128 * MiB]);
    }
    expect(steps).toBe(3);
    await host.unmount(mount);
    await host.detach(attachment);
  });

  it.skipIf(mayResize)("is finished by its replay when the dock is killed while a mount grows ext4", async () => {
    const bench = await openBench();
    const { host, runtimeDir } = bench;
    const attachment = await host.attach(await bench.fileVolume("a"), "test");
    const directory = await bench.mountPoint("m");
    const journal = memoryJournal();
    await host.unmount(await host.mount({ attachment, directory }, journal));
    const journalFile = join(bench.directory, "journal");
    await writeFile(journalFile, JSON.stringify(journal.current()));
    let sizeBytes = 64 * MiB;
    let steps = 0;
    for (let died = true; died; steps += 1) {
      sizeBytes += 64 * MiB;
      await truncate(image(bench), sizeBytes);
      await host.grow(attachment);
      ({ died } = await startDock({ runtimeDir, operation: "mount", argument: { attachment, directory }, journalFile, dieAtStep: steps }).ended);
      const mount = await host.mount({ attachment, directory }, journal);
      expect(totalBytes(directory)).toBeGreaterThan(sizeBytes * 0.85);
      await host.unmount(mount);
      must("e2fsck", "-f", "-n", pathOf(attachment));
    }
    expect(steps).toBe(4);
    expect(must("find", runtimeDir, "-type", "f")).toBe("");
    await host.detach(attachment);
  });

  it.skipIf(mayResize)("mends an ext4 whose resize2fs was killed", async () => {
    const bench = await openBench();
    const { host } = bench;
    const attachment = await host.attach(await bench.fileVolume("a", 256 * MiB), "test");
    const directory = await bench.mountPoint("m");
    const journal = memoryJournal();
    const first = await host.mount({ attachment, directory }, journal);
    await writeFile(join(directory, "kept"), Buffer.alloc(8 * MiB, "kept"));
    const sum = must("sha256sum", join(directory, "kept"));
    await host.unmount(first);

    const tools = join(bench.directory, "bin");
    await mkdir(tools);
    const path = process.env["PATH"] ?? "";
    onTestFinished(() => {
      process.env["PATH"] = path;
    });
    const real = must("sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v resize2fs").trim();
    for (let round = 0; round < 4; round += 1) {
      await truncate(image(bench), (round + 2) * 1024 * MiB);
      await host.grow(attachment);
      const script = `#!/bin/sh\n'${real}' "$@" & sleep 0.0${15 + round * 8}; kill -9 $! 2>/dev/null; wait $!; kill -9 $$\n`;
      await writeFile(join(tools, "resize2fs"), script, { mode: 0o755 });
      process.env["PATH"] = `${tools}:${path}`;
      const failed: unknown = await host.mount({ attachment, directory }, journal).catch((error: unknown) => error);
      process.env["PATH"] = path;
      expect(failed).toMatchObject({ code: "UNAVAILABLE", reason: "command-killed" });
      expect(existsSync(join(bench.runtimeDir, "growing"))).toBe(true);
      const mount = await host.mount({ attachment, directory }, journal);
      expect(totalBytes(directory)).toBeGreaterThan((round + 2) * 900 * MiB);
      expect(must("sha256sum", join(directory, "kept"))).toBe(sum);
      await host.unmount(mount);
      must("e2fsck", "-f", "-n", pathOf(attachment));
    }
    expect(must("find", bench.runtimeDir, "-type", "f")).toBe("");
    await host.detach(attachment);
  });
});
