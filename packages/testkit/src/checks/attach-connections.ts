import { isSharedMode, type AccessMode } from "@opensds/core";
import type { Check } from "../check.js";

const allModes: readonly AccessMode[] = ["single-writer", "single-reader", "multi-reader", "multi-writer"];

/** What the backend records of who has a volume; no device is made. */
export const connectionChecks: readonly Check[] = [
  {
    id: "ATTACH-4",
    family: "attach",
    level: "basic",
    title: "Hosts that ask for the same sharing mode have the volume at once, and one that asks for another mode is refused",
    rules: ["SB-ATTACH-4"],
    needs: ["connect"],
    run: async (ctx) => {
      const { driver, manifest } = ctx;
      const modes = manifest.accessModes.filter(isSharedMode);
      if (modes.length === 0) return ctx.skip("the backend has no access mode in which hosts share a volume");
      const other = await ctx.open();
      for (const mode of modes) {
        const volumeId = (await ctx.create(mode)).id;
        const hosts = ["first", "second"].map((label) => ctx.otherHost(`${mode}-${label}`));
        const connections = [];
        for (const [index, connector] of hosts.entries()) {
          connections.push(await (index === 1 ? other : driver).connectVolume({ volumeId, mode, connector }));
        }
        ctx.equal(connections.map(({ attachment }) => attachment.hostId), hosts.map(({ hostId }) => hostId), `the hosts of the ${mode} attachments`);
        const ids = connections.map(({ attachment }) => attachment.id);
        ctx.equal(new Set(ids).size, hosts.length, `how many ${mode} attachments there are`);

        const refused = driver.connectVolume({ volumeId, mode: "single-writer", connector: ctx.otherHost(`${mode}-writer`) });
        const reason = { code: "FAILED_PRECONDITION", reason: "volume-attached-elsewhere", outcome: "none" } as const;
        await ctx.expectError(refused, reason, `connectVolume as single-writer beside ${mode}`);
        const recorded = await other.listAttachments({ volumeId, hostId: "all" });
        ctx.equal(recorded.map(({ attachment }) => attachment.id).sort(), ids.sort(), `the recorded ${mode} attachments`);
        ctx.ok(recorded.every(({ attachment }) => attachment.mode === mode), `all attachments are ${mode}`, recorded);
      }
    },
  },
  {
    id: "ATTACH-5",
    family: "attach",
    level: "basic",
    title: "An access mode that the manifest does not name is refused as mode-unsupported, and nothing is recorded",
    rules: ["SB-ATTACH-5"],
    run: async (ctx) => {
      const { driver, manifest } = ctx;
      const missing = allModes.filter((mode) => !manifest.accessModes.includes(mode));
      if (missing.length === 0) return ctx.skip("the backend has every access mode");
      const volumeId = (await ctx.create("modes")).id;
      const refused = { code: "UNIMPLEMENTED", reason: "mode-unsupported", outcome: "none" } as const;
      for (const mode of missing) {
        const connector = ctx.otherHost(mode);
        await ctx.expectError(driver.connectVolume({ volumeId, mode, connector }), refused, `connectVolume as ${mode}`);
        await ctx.expectError(driver.attachVolume({ volumeId, mode }), refused, `attachVolume as ${mode}`);
      }
      ctx.equal(await driver.listAttachments({ volumeId, hostId: "all" }), [], "the attachments after the refusals");
    },
  },
  {
    id: "ATTACH-6",
    family: "attach",
    level: "basic",
    title: "Connecting or attaching a volume that does not exist is volume-not-found",
    rules: ["SB-ATTACH-6"],
    needs: ["connect"],
    run: async (ctx) => {
      const { driver } = ctx;
      const name = ctx.name("gone");
      const capacity = { requiredBytes: ctx.sizes.small };
      const gone = (await driver.createVolume({ name, capacity })).id;
      await driver.deleteVolume({ id: gone });
      // The old id means the old volume, also while another one has its name.
      const heir = await driver.createVolume({ name, capacity });
      const missing = { code: "NOT_FOUND", reason: "volume-not-found", outcome: "none" } as const;
      const connector = ctx.otherHost("any");
      await ctx.expectError(driver.connectVolume({ volumeId: gone, connector }), missing, "connectVolume of a deleted volume");
      if (process.platform === "linux") await ctx.expectError(driver.attachVolume({ volumeId: gone }), missing, "attachVolume of a deleted volume");
      ctx.equal(await driver.listAttachments({ volumeId: heir.id, hostId: "all" }), [], "the attachments of the volume that has the name now");
    },
  },
  {
    id: "ATTACH-7",
    family: "attach",
    level: "basic",
    title: "Giving up an attachment a second time leaves a later attachment of the same host as it is",
    rules: ["SB-DETACH-6"],
    needs: ["connect"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("again")).id;
      const connector = ctx.otherHost("same");
      const first = (await driver.connectVolume({ volumeId, connector })).attachment;
      await driver.disconnectVolume({ volumeId, attachmentId: first.id });
      const later = (await driver.connectVolume({ volumeId, connector })).attachment;
      const other = await ctx.open();
      await other.disconnectVolume({ volumeId, attachmentId: first.id });
      const left = await driver.listAttachments({ volumeId, hostId: "all" });
      ctx.equal(left.map(({ attachment }) => attachment), [later], "the attachments after the first was given up once more");
    },
  },
  {
    id: "ATTACH-8",
    family: "attach",
    level: "basic",
    title: "Detaching with another host's record is refused as attachment-on-other-host, and that host keeps the volume",
    rules: ["SB-DETACH-5"],
    needs: ["connect"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("elsewhere")).id;
      const { attachment } = await driver.connectVolume({ volumeId, connector: ctx.otherHost("holder") });
      const records = await driver.listAttachments({ volumeId, hostId: "all" });
      const [record] = records;
      if (record === undefined || records.length > 1) return ctx.fail("one attachment is recorded", records);
      ctx.equal(record.device, null, "the device of an attachment of another host");

      const refused = { code: "FAILED_PRECONDITION", reason: "attachment-on-other-host", outcome: "none" } as const;
      const other = await ctx.open();
      for (const dock of [driver, other]) await ctx.expectError(dock.detachVolume(record), refused, "detachVolume with another host's record");
      const left = await driver.listAttachments({ volumeId, hostId: "all" });
      ctx.equal(left.map((one) => one.attachment), [attachment], "the attachments after the refusals");
    },
  },
];
