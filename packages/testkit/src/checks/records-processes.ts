import type { Check } from "../check.js";
import { deviceOf, readDevice, writeDevice } from "./support/device-bytes.js";

/** Records in other processes, and from other times. */
export const laterRecordsChecks: readonly Check[] = [
  {
    id: "RECORDS-3",
    family: "records",
    level: "full",
    title: "The device of a process that was killed serves the volume on, and its record mounts, unmounts and detaches in other processes",
    rules: ["SB-RECORD-3"],
    needs: ["device", "processes"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("orphaned", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const first = await ctx.worker();
      const record = await first.attachVolume({ volumeId });
      await first.kill();

      ctx.equal(await driver.listAttachments({ volumeId }), [record], "the attachment after its process was killed");
      const bytes = ctx.random.bytes(4096);
      const end = ctx.sizes.data - bytes.length;
      await writeDevice(deviceOf(record), end, bytes);
      const read = await readDevice(deviceOf(record), end, bytes.length);
      ctx.ok(read.equals(bytes), "the device of the killed process works on", read.subarray(0, 16));

      const mounted = await driver.mountVolume({ attachment: record, directory });
      const second = await ctx.worker();
      await second.unmountVolume(mounted);
      ctx.equal(await driver.listMounts({ volumeId }), [], "the mounts after another process unmounted");
      await second.detachVolume(record);
      ctx.equal(await driver.listAttachments({ volumeId, hostId: "all" }), [], "the attachments after another process detached");
    },
  },
  {
    id: "RECORDS-4",
    family: "records",
    level: "basic",
    title: "A record of another version or type is refused as invalid, and what it names is left as it is",
    rules: ["SB-RECORD-4"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("unknown-record", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const attachment = await driver.attachVolume({ volumeId });
      const mounted = await driver.mountVolume({ attachment, directory });

      // What another release wrote, or another program: no value of these types.
      const call = (operation: "mountVolume" | "unmountVolume" | "detachVolume", given: unknown): Promise<unknown> =>
        Promise.resolve(Reflect.apply(Reflect.get(driver, operation), driver, [given]));
      const refused = { code: "INVALID_ARGUMENT", outcome: "none" } as const;
      for (const change of [{ version: 2 }, { version: 0 }, { type: "other" }]) {
        const what = JSON.stringify(change);
        await ctx.expectError(call("unmountVolume", { ...mounted, ...change }), refused, `unmountVolume of a record with ${what}`);
        await ctx.expectError(call("mountVolume", { attachment: { ...attachment, ...change }, directory }), refused, `mountVolume of a record with ${what}`);
        await ctx.expectError(call("detachVolume", { ...attachment, ...change }), refused, `detachVolume of a record with ${what}`);
      }
      await ctx.expectError(call("detachVolume", mounted), refused, "detachVolume of a mount record");
      await ctx.expectError(call("unmountVolume", attachment), refused, "unmountVolume of an attachment record");
      ctx.equal(await driver.listMounts({ volumeId }), [mounted], "the mounts after the refusals");
      ctx.equal(await driver.listAttachments({ volumeId }), [attachment], "the attachments after the refusals");

      // Mounted it would be held: without the mount a detach would be possible.
      await driver.unmountVolume(mounted);
      await ctx.expectError(call("detachVolume", { ...attachment, version: 2 }), refused, "detachVolume of a record of version 2");
      ctx.equal(await driver.listAttachments({ volumeId }), [attachment], "the attachments after the last refusal");
      await driver.detachVolume(attachment);
    },
  },
];
