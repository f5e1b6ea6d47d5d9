import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { hostId, MiB, requireFacets, type Volume } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { labConf, live, openNamespace, transports, uniqueName } from "./live/lab.js";

const run = promisify(execFile);

/** Mirroring is the operator's to configure: the least-privilege user may not. */
const asAdmin = async (...args: readonly string[]): Promise<void> => {
  await run("rbd", [...args, "--conf", join(labConf(), "..", "ceph.conf")]);
};

describe.runIf(live).each(transports)("a mirrored image that is not primary here (%s)", { timeout: 120_000 }, (transport) => {
  it("is read, and neither attached for writing, nor changed, nor deleted", async () => {
    const lab = await openNamespace("mirrored", transport, { attach: ["fuse-loop"] });
    const place = `dock/${lab.name}`;
    try {
      const driver = requireFacets(lab.driver, "snapshots", "expansion", "qos", "health");
      const volume: Volume = await driver.createVolume({ name: uniqueName("copy"), capacity: { requiredBytes: 4 * MiB } });
      const { id } = volume;
      const image = `${place}/${imageNameOf(volume.name)}`;
      await asAdmin("mirror", "pool", "enable", "dock", "image");
      await asAdmin("mirror", "pool", "enable", place, "image");
      await asAdmin("mirror", "pool", "peer", "add", "dock", `client.x@${lab.name}`).catch(() => undefined);
      await asAdmin("mirror", "image", "enable", image, "snapshot");
      await asAdmin("mirror", "image", "demote", image);

      const connector = { hostId: hostId("h1"), hostName: "h1", bootId: "b" };
      const refused = { code: "FAILED_PRECONDITION", reason: "volume-not-primary", outcome: "none", message: expect.stringContaining("not primary") as unknown };
      await expect(driver.deleteVolume({ id })).rejects.toMatchObject(refused);
      await expect(driver.connectVolume({ volumeId: id, connector })).rejects.toMatchObject(refused);
      await expect(driver.expansion.expandVolume({ id, capacity: { requiredBytes: 8 * MiB } })).rejects.toMatchObject(refused);
      await expect(driver.snapshots.createSnapshot({ name: uniqueName("s"), sourceVolumeId: id })).rejects.toMatchObject(refused);
      await expect(driver.qos.modifyVolume({ id, qos: { iops: 9 } })).rejects.toMatchObject(refused);
      expect(await driver.getVolume({ id })).toMatchObject({ state: "available", sizeBytes: 4 * MiB });
      expect((await driver.health.getHealth({ id })).findings.join()).toContain("not primary");
      const { attachment } = await driver.connectVolume({ volumeId: id, mode: "single-reader", connector });
      await driver.disconnectVolume({ volumeId: id, attachmentId: attachment.id });

      await asAdmin("mirror", "image", "promote", image);
      await asAdmin("mirror", "image", "disable", image);
      await driver.deleteVolume({ id });
    } finally {
      for (const where of [place, "dock"]) await asAdmin("mirror", "pool", "disable", where).catch(() => undefined);
      await lab.remove();
    }
  });
});
