import type { Check } from "../check.js";
import { connectionChecks } from "./attach-connections.js";
import { deviceChecks } from "./attach-devices.js";
import { deviceProcessChecks } from "./attach-processes.js";
import { deviceOf, readDevice, writeDevice } from "./support/device-bytes.js";

/** Connections, and devices on this host. */
export const attachChecks: readonly Check[] = [
  {
    id: "ATTACH-1",
    family: "attach",
    level: "basic",
    title: "A host gets the same attachment again, another host is refused and told who has it, and giving up twice succeeds",
    rules: ["SB-ATTACH-1", "SB-ATTACH-2", "SB-DETACH-1"],
    needs: ["connect"],
    run: async (ctx) => {
      const { driver } = ctx;
      const other = await ctx.open();
      const volumeId = (await ctx.create("exclusive")).id;
      const [first, second] = [ctx.otherHost("first"), ctx.otherHost("second")];

      const { attachment } = await driver.connectVolume({ volumeId, connector: first });
      ctx.equal(attachment.hostId, first.hostId, "the attachment's host");
      ctx.equal(attachment.volumeId, volumeId, "the attachment's volume");
      ctx.equal(attachment.mode, "single-writer", "the attachment's mode");
      for (const dock of [driver, other]) {
        const again = await dock.connectVolume({ volumeId, connector: first });
        ctx.equal(again.attachment.id, attachment.id, "the attachment that the same request returned again");
      }

      const refused = { code: "FAILED_PRECONDITION", reason: "volume-attached-elsewhere", outcome: "none" } as const;
      for (const dock of [driver, other]) {
        const error = await ctx.expectError(
          dock.connectVolume({ volumeId, connector: second }),
          refused,
          "connectVolume for a second host",
        );
        const says = `${error.message} ${JSON.stringify(error.details)}`;
        ctx.ok(says.includes(first.hostId), `the error names the host ${first.hostId}`, error);
      }
      const recorded = await driver.listAttachments({ volumeId, hostId: "all" });
      ctx.equal(recorded.map((record) => record.attachment.id), [attachment.id], "the attachments after the refusal");

      await driver.disconnectVolume({ volumeId, attachmentId: attachment.id });
      await driver.disconnectVolume({ volumeId, attachmentId: attachment.id });
      const moved = await other.connectVolume({ volumeId, connector: second });
      ctx.equal(moved.attachment.hostId, second.hostId, "the host of the attachment after the first gave it up");
      // A replay of the first host's disconnect means the first attachment: the second host's stays.
      await driver.disconnectVolume({ volumeId, attachmentId: attachment.id });
      const left = await driver.listAttachments({ volumeId, hostId: "all" });
      ctx.equal(left.map((record) => record.attachment.id), [moved.attachment.id], "the attachments after a late disconnect");
    },
  },
  {
    id: "ATTACH-2",
    family: "attach",
    level: "basic",
    title: "Attaching twice gives one device and one record, and detaching twice succeeds",
    rules: ["SB-ATTACH-1", "SB-DETACH-1"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volume = await ctx.create("device");
      const record = await driver.attachVolume({ volumeId: volume.id });
      const device = deviceOf(record);
      const bytes = ctx.random.bytes(4096);
      await writeDevice(device, 0, bytes);

      ctx.equal(await driver.attachVolume({ volumeId: volume.id }), record, "the record of the second attach");
      const other = await ctx.open();
      ctx.equal(await other.attachVolume({ volumeId: volume.id }), record, "the record of an attach by another driver");
      const read = await readDevice(device, 0, bytes.length);
      ctx.ok(read.equals(bytes), "the device still has the bytes that were written", read.subarray(0, 16));

      await driver.detachVolume(record);
      await driver.detachVolume(record);
      await other.detachVolume(record);
      ctx.equal(await driver.listAttachments({ volumeId: volume.id }), [], "the attachments after the detach");
    },
  },
  {
    id: "ATTACH-3",
    family: "attach",
    level: "basic",
    title: "A volume attached for reading shows its bytes and cannot be written",
    rules: ["SB-ATTACH-3"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver, manifest } = ctx;
      const mode = manifest.accessModes.find((one) => one === "single-reader" || one === "multi-reader");
      if (mode === undefined) return ctx.skip("the backend has no reading access mode");
      const volume = await ctx.create("reading");
      const writing = await driver.attachVolume({ volumeId: volume.id });
      const bytes = ctx.random.bytes(4096);
      await writeDevice(deviceOf(writing), 0, bytes);
      await driver.detachVolume(writing);

      const reading = await driver.attachVolume({ volumeId: volume.id, mode });
      const device = deviceOf(reading);
      ctx.ok(device.readOnly, "the record says that the device is read-only", device);
      const refused = await writeDevice(device, 0, ctx.random.bytes(4096)).then(
        () => false,
        () => true,
      );
      ctx.ok(refused, "the kernel refuses to write to the device", "the write succeeded");
      const read = await readDevice(device, 0, bytes.length);
      ctx.ok(read.equals(bytes), "the device has the bytes that were written before", read.subarray(0, 16));
      await driver.detachVolume(reading);
    },
  },
  ...connectionChecks,
  ...deviceChecks,
  ...deviceProcessChecks,
];
