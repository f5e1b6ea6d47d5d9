import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MiB, requireFacets, type DriverWith } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { live, openNamespace, uniqueName, type LabNamespace } from "./live/lab.js";

const run = promisify(execFile);
const seconds = 6;
const isRoot = process.getuid?.() === 0;

/** What fio says that a device takes: requests and bytes a second, of writes that go past every cache of this host. */
async function measure(path: string, blockBytes: number): Promise<{ readonly iops: number; readonly bytesPerSecond: number }> {
  const { stdout } = await run("fio", [
    "--name=limit",
    `--filename=${path}`,
    "--rw=randwrite",
    `--bs=${blockBytes}`,
    "--direct=1",
    "--ioengine=libaio",
    "--iodepth=8",
    "--time_based",
    `--runtime=${seconds}`,
    // librbd lets a second's worth through at once when nothing was written before.
    "--ramp_time=3",
    "--output-format=json",
  ]);
  const { jobs } = JSON.parse(stdout) as { readonly jobs: readonly { readonly write: { readonly iops: number; readonly bw_bytes: number } }[] };
  return { iops: jobs[0]?.write.iops ?? 0, bytesPerSecond: jobs[0]?.write.bw_bytes ?? 0 };
}

describe.runIf(live && isRoot)("limits of an attached volume", { timeout: 120_000 }, () => {
  let lab: LabNamespace;
  let driver: DriverWith<"qos">;
  beforeAll(async () => {
    lab = await openNamespace("qos", "native", { attach: ["fuse-loop"] });
    driver = requireFacets(lab.driver, "qos");
  }, 60_000);
  afterAll(async () => {
    await lab.remove();
  }, 60_000);

  it("hold within 20 % under fio where librbd is in the path, from the moment they are set", async () => {
    const volume = await driver.createVolume({ name: uniqueName("limited"), capacity: { requiredBytes: 16 * MiB } });
    const attachment = await driver.attachVolume({ volumeId: volume.id });
    const path = attachment.device?.path ?? "";
    try {
      await driver.qos.modifyVolume({ id: volume.id, qos: { writeIops: 40 } });
      const { iops } = await measure(path, 4_096);
      expect(iops / 40).toBeGreaterThan(0.8);
      expect(iops / 40).toBeLessThan(1.2);
      await driver.qos.modifyVolume({ id: volume.id, qos: { writeIops: null, writeBytesPerSecond: MiB } });
      const { bytesPerSecond } = await measure(path, 65_536);
      expect(bytesPerSecond / MiB).toBeGreaterThan(0.8);
      expect(bytesPerSecond / MiB).toBeLessThan(1.2);
    } finally {
      await driver.qos.modifyVolume({ id: volume.id, qos: { writeIops: null, writeBytesPerSecond: null } });
      await driver.detachVolume(attachment);
    }
    await driver.deleteVolume({ id: volume.id });
  });
});
