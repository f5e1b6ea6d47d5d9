import { settle } from "@opensds/core";
import type { Check } from "../check.js";
import { deviceOf, readDevice, writeDevice } from "./support/device-bytes.js";
import { devicesOver, whatIsBehind } from "./support/devices.js";
import { withPrograms } from "./support/programs.js";

/** A losetup that makes no device, and works otherwise; and the other makers of devices, which fail. */
const noDevices = {
  losetup: 'case " $* " in *" --find "*) echo "no device today" >&2; exit 1;; esac; PATH=$REAL_PATH exec losetup "$@"',
  "rbd-nbd": 'case "$1" in map) echo "no device today" >&2; exit 1;; esac; PATH=$REAL_PATH exec rbd-nbd "$@"',
};

/** Devices on this host: what attach leaves, and what detach takes away. */
export const deviceChecks: readonly Check[] = [
  {
    id: "ATTACH-9",
    family: "attach",
    level: "basic",
    title: "After a detach no device of this host leads to the volume, and no attachment is recorded",
    rules: ["SB-DETACH-3"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("left")).id;
      const record = await driver.attachVolume({ volumeId });
      const device = deviceOf(record);
      const source = await whatIsBehind(device);
      if (source !== undefined) ctx.equal(await devicesOver(source), [device.path], "the devices that lead to the volume while it is attached");
      await driver.detachVolume(record);
      ctx.equal(await devicesOver(source), [], "the devices that lead to the volume after the detach");
      const other = await ctx.open();
      ctx.equal(await other.listAttachments({ volumeId, hostId: "all" }), [], "the attachments after the detach");
      if (source === undefined) ctx.skip("the kernel does not say what is behind this backend's devices", "environment");
    },
  },
  {
    id: "ATTACH-10",
    family: "attach",
    level: "basic",
    title: "Detaching with the record of an attachment that has ended leaves a later attachment of the volume and its device as they are",
    rules: ["SB-DETACH-6"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("later")).id;
      const ended = await driver.attachVolume({ volumeId });
      await driver.detachVolume(ended);
      const later = await driver.attachVolume({ volumeId });
      const bytes = ctx.random.bytes(4096);
      await writeDevice(deviceOf(later), 0, bytes);

      // The kernel often gives the same device again, so that only the attachment's id tells the two records apart.
      const same = { ...ended, device: later.device };
      const other = await ctx.open();
      for (const [dock, record] of [[driver, ended], [other, same]] as const) {
        await dock.detachVolume(record);
        ctx.equal(await driver.listAttachments({ volumeId }), [later], "the later attachment after the ended one was detached again");
        const read = await readDevice(deviceOf(later), 0, bytes.length);
        ctx.ok(read.equals(bytes), "the later attachment's device works on", read.subarray(0, 16));
      }
      await driver.detachVolume(later);
    },
  },
  {
    id: "ATTACH-11",
    family: "attach",
    level: "basic",
    title: "An attach that fails leaves neither a device nor an attachment, and the next one succeeds",
    rules: ["SB-ATTACH-7"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("failed")).id;

      // Refused by the backend: another host has it.
      const holder = (await driver.connectVolume({ volumeId, connector: ctx.otherHost("holder") })).attachment;
      await ctx.expectError(driver.attachVolume({ volumeId }), { reason: "volume-attached-elsewhere", outcome: "none" }, "attachVolume of another host's volume");
      const recorded = await driver.listAttachments({ volumeId, hostId: "all" });
      ctx.equal(recorded.map(({ attachment }) => attachment), [holder], "the attachments after the refused attach");
      await driver.disconnectVolume({ volumeId, attachmentId: holder.id });

      // Failed on the host: the attachment was recorded before.
      const writing = await driver.attachVolume({ volumeId });
      const marker = ctx.random.bytes(4096);
      await writeDevice(deviceOf(writing), 0, marker);
      const source = await whatIsBehind(deviceOf(writing));
      await driver.detachVolume(writing);
      const failed = await withPrograms(ctx, noDevices, async () => settle("attachVolume", driver.attachVolume({ volumeId })));
      // Where this machine makes devices in some way of its own, nothing failed.
      if (failed.ok) return driver.detachVolume(failed.value);
      if (failed.error.outcome === "none") {
        ctx.equal(await driver.listAttachments({ volumeId, hostId: "all" }), [], "the attachments after the failed attach");
        ctx.equal(await devicesOver(source), [], "the devices that lead to the volume after the failed attach");
      }
      const again = await driver.attachVolume({ volumeId });
      const read = await readDevice(deviceOf(again), 0, marker.length);
      ctx.ok(read.equals(marker), "the device has the bytes that were written before", read.subarray(0, 16));
      await driver.detachVolume(again);
    },
  },
];
