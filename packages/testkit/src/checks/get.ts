import { volumeId, type VolumeState } from "@opensds/core";
import type { Check } from "../check.js";
import { readAllVolumes } from "./support/volumes.js";

/** Reading one volume. */
export const getChecks: readonly Check[] = [
  {
    id: "GET-1",
    family: "get",
    level: "basic",
    title: "A volume that does not exist, or no longer, is not found, by id and by name",
    rules: ["SB-GET-1"],
    run: async (ctx) => {
      const { driver } = ctx;
      const expected = { code: "NOT_FOUND", reason: "volume-not-found", outcome: "none" } as const;
      const never = ctx.name("never");
      await ctx.expectError(driver.getVolume({ name: never }), expected, "getVolume by a name that was never used");
      await ctx.expectError(driver.getVolume({ id: volumeId(never) }), expected, "getVolume by a made-up id");
      await ctx.expectError(driver.getVolume({ id: volumeId("../x--help") }), expected, "getVolume by an id of another form");

      const made = await ctx.create("gone");
      // An id is no name and a name is no id.
      await ctx.expectError(driver.getVolume({ id: volumeId(made.name) }), expected, "getVolume with a name as the id");
      await ctx.expectError(driver.getVolume({ name: made.id }), expected, "getVolume with an id as the name");
      await driver.deleteVolume({ id: made.id });
      await ctx.expectError(driver.getVolume({ id: made.id }), expected, "getVolume by the id of a deleted volume");
      await ctx.expectError(driver.getVolume({ name: made.name }), expected, "getVolume by the name of a deleted volume");
    },
  },
  {
    id: "GET-2",
    family: "get",
    level: "basic",
    title: "A change that another dock has finished is seen by the next read, by id, by name and in the list",
    rules: ["SB-GET-2"],
    run: async (ctx) => {
      const { driver } = ctx;
      const other = await ctx.open();
      const request = { name: ctx.name("changes"), capacity: { requiredBytes: ctx.sizes.small } };
      await ctx.expectError(driver.getVolume({ name: request.name }), { code: "NOT_FOUND" }, "getVolume before the create by another driver");
      const first = await other.createVolume(request);
      ctx.equal((await driver.getVolume({ name: request.name })).id, first.id, "the volume that another driver has just made, by name");
      ctx.equal((await driver.getVolume({ id: first.id })).name, request.name, "the volume that another driver has just made, by id");
      await other.deleteVolume({ id: first.id });
      await ctx.expectError(driver.getVolume({ id: first.id }), { code: "NOT_FOUND" }, "getVolume by id of what another driver has just deleted");
      await ctx.expectError(driver.getVolume({ name: request.name }), { code: "NOT_FOUND" }, "getVolume by name of what another driver has just deleted");
      const second = await other.createVolume(request);
      ctx.equal((await driver.getVolume({ name: request.name })).id, second.id, "the id behind a name that another driver has just used again");
    },
  },
  {
    id: "GET-3",
    family: "get",
    level: "basic",
    title: "A volume is available until its first attachment is recorded, in use until the last is gone, and available again",
    rules: ["SB-STATE-1"],
    needs: ["connect"],
    run: async (ctx) => {
      const { driver } = ctx;
      const other = await ctx.open();
      const { id } = await ctx.create("states");
      const expectState = async (state: VolumeState, when: string): Promise<void> => {
        for (const reader of [driver, other]) ctx.equal((await reader.getVolume({ id })).state, state, `the state ${when}`);
        const listed = (await readAllVolumes(driver)).find((volume) => volume.id === id);
        ctx.equal(listed?.state, state, `the state in the list ${when}`);
      };
      const shared = ctx.manifest.accessModes.includes("multi-reader");
      const mode = shared ? "multi-reader" : ctx.manifest.accessModes[0];
      await expectState("available", "of a new volume");
      const first = await driver.connectVolume({ volumeId: id, mode, connector: ctx.otherHost("one") });
      await expectState("in-use", "with one attachment");
      if (shared) {
        const second = await other.connectVolume({ volumeId: id, mode, connector: ctx.otherHost("two") });
        await other.disconnectVolume({ volumeId: id, attachmentId: second.attachment.id });
        ctx.equal((await driver.getVolume({ id })).state, "in-use", "the state after the second of two attachments went");
      }
      await other.disconnectVolume({ volumeId: id, attachmentId: first.attachment.id });
      await expectState("available", "after the last attachment went");
    },
  },
];
