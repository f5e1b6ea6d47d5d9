import type { AttachmentRecord } from "@opensds/core";
import type { Check } from "../check.js";
import { cutOffCheck } from "./records-cut-off.js";
import { laterRecordsChecks } from "./records-processes.js";
import { deviceOf, readDevice, writeDevice } from "./support/device-bytes.js";

/** Records: what a dock keeps, loses, and hands in too late. */
export const recordsChecks: readonly Check[] = [
  {
    id: "RECORDS-1",
    family: "records",
    level: "basic",
    title: "A lost record is rebuilt equal, by volume and by device path, and detaches the volume",
    rules: ["SB-RECORD-1"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volume = await ctx.create("rebuilt");
      const record = await driver.attachVolume({ volumeId: volume.id });
      const device = deviceOf(record);
      const text = JSON.stringify(record);
      ctx.equal(JSON.parse(text), record, "the record after a trip through JSON");

      const later = await ctx.open();
      ctx.equal(await later.listAttachments({ volumeId: volume.id }), [record], "the records rebuilt by volume");
      ctx.equal(await later.listAttachments({ devicePath: device.path }), [record], "the records rebuilt by device path");
      const everyHost = await later.listAttachments({ volumeId: volume.id, hostId: "all" });
      ctx.equal(everyHost, [record], "the records rebuilt for every host");

      const [rebuilt] = await later.listAttachments({ devicePath: device.path });
      if (rebuilt === undefined) return ctx.fail("the record can be rebuilt", rebuilt);
      await later.detachVolume(rebuilt);
      ctx.equal(await driver.listAttachments({ volumeId: volume.id }), [], "the attachments after the detach");
      await driver.deleteVolume({ id: volume.id });
    },
  },
  {
    id: "RECORDS-2",
    family: "records",
    level: "basic",
    title: "A record whose device now belongs to another volume touches nothing",
    rules: ["SB-RECORD-2"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const gone = await ctx.create("gone");
      const stale = await driver.attachVolume({ volumeId: gone.id });
      await driver.detachVolume(stale);

      const used = await ctx.create("used");
      const current = await driver.attachVolume({ volumeId: used.id });
      const device = deviceOf(current);
      const bytes = ctx.random.bytes(4096);
      await writeDevice(device, 0, bytes);

      // The kernel often gives the number out again at once; the second record makes sure that it did.
      const collided: AttachmentRecord = {
        ...stale,
        device: { ...deviceOf(stale), path: device.path, number: device.number },
      };
      for (const record of [stale, collided]) {
        await driver.detachVolume(record);
        ctx.equal(await driver.listAttachments({ volumeId: used.id }), [current], "the other volume's record after a stale detach");
        const read = await readDevice(device, 0, bytes.length);
        ctx.ok(read.equals(bytes), "the other volume's device works on", read.subarray(0, 16));
      }
      await driver.detachVolume(current);
    },
  },
  ...laterRecordsChecks,
  cutOffCheck,
];
