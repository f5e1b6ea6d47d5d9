import { volumeId } from "@opensds/core";
import type { Check } from "../check.js";
import { deleteRaceChecks } from "./delete-races.js";
import { identityOf, readAllVolumes } from "./support/volumes.js";

/** Deleting volumes. */
export const deleteChecks: readonly Check[] = [
  {
    id: "DELETE-1",
    family: "delete",
    level: "basic",
    title: "Deleting what is not there, or no longer, succeeds",
    rules: ["SB-DELETE-1"],
    run: async (ctx) => {
      const { driver } = ctx;
      await driver.deleteVolume({ id: volumeId(ctx.name("no-such-id")) });
      const made = await ctx.create("twice");
      await driver.deleteVolume({ id: made.id });
      await driver.deleteVolume({ id: made.id });
      await (await ctx.open()).deleteVolume({ id: made.id });
    },
  },
  {
    id: "DELETE-2",
    family: "delete",
    level: "basic",
    title: "A deleted volume is gone from every view, and its name makes a new volume with another id",
    rules: ["SB-DELETE-3"],
    run: async (ctx) => {
      const { driver } = ctx;
      const other = await ctx.open();
      const request = { name: ctx.name("reused"), capacity: { requiredBytes: ctx.sizes.small } };
      const first = await driver.createVolume(request);
      await driver.deleteVolume({ id: first.id });
      for (const reader of [driver, other]) {
        await ctx.expectError(reader.getVolume({ id: first.id }), { code: "NOT_FOUND" }, "getVolume by the id of a deleted volume");
        await ctx.expectError(reader.getVolume({ name: first.name }), { code: "NOT_FOUND" }, "getVolume by the freed name");
        const listed = (await readAllVolumes(reader)).filter(({ id, name }) => id === first.id || name === request.name);
        ctx.equal(listed, [], "volumes of the deleted id or name in the list");
      }

      const second = await other.createVolume(request);
      ctx.ok(second.id !== first.id, "a volume made under a freed name has another id", second.id);
      // A replay of the first delete means the first volume: the second stays.
      await driver.deleteVolume({ id: first.id });
      ctx.equal(identityOf(await driver.getVolume({ name: request.name })), identityOf(second), "the second volume");
    },
  },
  {
    id: "DELETE-3",
    family: "delete",
    level: "basic",
    title: "Deleting an attached volume is refused, and the volume and its attachment stay as they were",
    rules: ["SB-DELETE-2"],
    needs: ["connect"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volume = await ctx.create("attached");
      const connector = ctx.otherHost("holder");
      const { attachment } = await driver.connectVolume({ volumeId: volume.id, connector });
      const inUse = { code: "FAILED_PRECONDITION", reason: "volume-in-use", outcome: "none" } as const;
      await ctx.expectError(driver.deleteVolume({ id: volume.id }), inUse, "deleteVolume of an attached volume");
      const other = await ctx.open();
      await ctx.expectError(other.deleteVolume({ id: volume.id }), inUse, "deleteVolume of an attached volume by another driver");

      ctx.equal(identityOf(await driver.getVolume({ name: volume.name })), identityOf(volume), "the volume after the refused delete");
      const recorded = await driver.listAttachments({ volumeId: volume.id, hostId: "all" });
      ctx.equal(recorded.map((record) => record.attachment.id), [attachment.id], "the attachments after the refused delete");
      await driver.disconnectVolume({ volumeId: volume.id, attachmentId: attachment.id });
      // The refused delete has left nothing closed: the volume can be had again.
      const again = await driver.connectVolume({ volumeId: volume.id, connector });
      await driver.disconnectVolume({ volumeId: volume.id, attachmentId: again.attachment.id });
      await driver.deleteVolume({ id: volume.id });
      await ctx.expectError(driver.getVolume({ id: volume.id }), { code: "NOT_FOUND" }, "getVolume after the delete that was due");
    },
  },
  ...deleteRaceChecks,
];
