import { statfsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type AttachmentRecord, type Connection } from "@opensds/core";
import { expectNothingLeft, imageVolume, pool, rbd, removeImages } from "./lab-images.js";
import { canAttach, memoryJournal, MiB, must, openBench, pidsMentioning, startDock } from "./support.js";

const deviceBytes = (record: AttachmentRecord): number => Number(must("blockdev", "--getsize64", record.device?.path ?? "none"));
const imageOf = ({ info }: Connection): string => (info.protocol === "rbd" ? `${pool}/${info.image}` : "none");
const imageBytes = (image: string): unknown => (JSON.parse(rbd("info", "--format", "json", image)) as { size: number }).size;
const resize = (image: string, ...args: string[]): string => rbd("resize", "--no-progress", ...args, image);

afterAll(removeImages, 180_000);

describe.runIf(canAttach && process.env["SB_LAB_LIVE"] === "1")("growing a fuse-loop attachment", { timeout: 120_000 }, () => {
  it("brings the device and its mounted xfs to the size that the stock command gave the image", async () => {
    const bench = await openBench();
    const { host } = bench;
    const volume = await imageVolume(bench);
    const attachment = await host.attach(volume, "test");
    const directory = await bench.mountPoint("m");
    const mount = await host.mount({ attachment, directory, fsType: "xfs" }, memoryJournal());
    await writeFile(join(directory, "kept"), Buffer.alloc(4 * MiB, "kept"));
    const before = statfsSync(directory);
    resize(imageOf(volume), "--size", "1G");
    expect(deviceBytes(attachment)).toBe(512 * MiB);

    expect(await host.grow(attachment)).toEqual(attachment);
    expect(deviceBytes(attachment)).toBe(1024 * MiB);
    expect((statfsSync(directory).blocks - before.blocks) * before.bsize).toBe(512 * MiB);
    await writeFile(join(directory, "more"), Buffer.alloc(600 * MiB, "more"));
    await host.grow(attachment);
    expect(imageBytes(imageOf(volume))).toBe(1024 * MiB);
    await host.unmount(mount);
    must("xfs_repair", "-n", attachment.device?.path ?? "none");
    await host.detach(attachment);
    expectNothingLeft(bench);
  });

  it("follows an image that was renamed, though another bears its name now", async () => {
    const bench = await openBench();
    const volume = await imageVolume(bench);
    const image = imageOf(volume);
    const record = await bench.host.attach(volume, "test");
    rbd("rename", image, `${image}-renamed`);
    rbd("create", "--size", "64M", image);
    resize(`${image}-renamed`, "--size", "640M");
    await bench.host.grow(record);
    expect(deviceBytes(record)).toBe(640 * MiB);
    expect([imageBytes(`${image}-renamed`), imageBytes(image)]).toEqual([640 * MiB, 64 * MiB]);
    await bench.host.detach(record);
    rbd("rm", "--no-progress", `${image}-renamed`);
    expectNothingLeft(bench);
  });

  it("shrinks nothing, and says what to do when it cannot grow", async () => {
    const bench = await openBench();
    const volume = await imageVolume(bench);
    const record = await bench.host.attach(volume, "test");
    resize(imageOf(volume), "--size", "256M", "--allow-shrink");
    await expect(bench.host.grow(record)).rejects.toMatchObject({ reason: "grow-failed", outcome: "none" });
    expect([deviceBytes(record), imageBytes(imageOf(volume))]).toEqual([512 * MiB, 256 * MiB]);
    resize(imageOf(volume), "--size", "1G");
    for (const pid of pidsMentioning(bench.directory)) process.kill(pid, "SIGKILL");
    await expect.poll(() => pidsMentioning(bench.directory)).toEqual([]);
    await expect(bench.host.grow(record)).rejects.toThrow("attach the volume again");
    const mended = await bench.host.attach(volume, "test");
    expect(deviceBytes(mended)).toBe(1024 * MiB);
    await bench.host.detach(mended);

    const reading = await imageVolume(bench, { readOnly: true });
    const reader = await bench.host.attach(reading, "test");
    await bench.host.grow(reader);
    resize(imageOf(reading), "--size", "1G");
    await expect(bench.host.grow(reader)).rejects.toThrow("read-only");
    await bench.host.detach(reader);
    expectNothingLeft(bench);
  });

  it("is finished by its replay when the dock is killed at any step", async () => {
    const bench = await openBench();
    const { host, runtimeDir } = bench;
    const volume = await imageVolume(bench);
    const attachment = await host.attach(volume, "test");
    const directory = await bench.mountPoint("m");
    const mount = await host.mount({ attachment, directory, fsType: "xfs" }, memoryJournal());
    let steps = 0;
    for (let died = true; died; steps += 1) {
      const sizeMiB = 512 + 128 * (steps + 1);
      resize(imageOf(volume), "--size", `${sizeMiB}M`);
      ({ died } = await startDock({ runtimeDir, operation: "grow", argument: attachment, dieAtStep: steps }).ended);
      await host.grow(attachment);
      expect([deviceBytes(attachment), imageBytes(imageOf(volume))]).toEqual([sizeMiB * MiB, sizeMiB * MiB]);
    }
    expect(steps).toBe(4);
    await host.unmount(mount);
    await host.detach(attachment);
    expectNothingLeft(bench);
  });
});
