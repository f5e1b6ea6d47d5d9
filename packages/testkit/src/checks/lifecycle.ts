import { attachmentId, volumeId, type VolumeDriver } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { closingChecks } from "./lifecycle-closing.js";
import { readVolumes } from "./support/volumes.js";

/** From opened to set up to closed. */
export const lifecycleChecks: readonly Check[] = [
  {
    id: "LIFECYCLE-1",
    family: "lifecycle",
    level: "basic",
    title: "Before setup every operation is refused as not set up, and after it the same driver works",
    rules: ["SB-LIFECYCLE-1", "SB-LIFECYCLE-2"],
    run: async (ctx) => {
      const driver = await ctx.open({ setup: false });
      for (const [operation, call] of everyOperation(ctx, driver)) {
        const expected = { code: "FAILED_PRECONDITION", reason: "not-set-up", outcome: "none" } as const;
        await ctx.expectError(call(), expected, `${operation} before setup`);
      }
      await driver.setup();
      await driver.setup();
      const made = await driver.createVolume({ name: ctx.name("made"), capacity: { requiredBytes: ctx.sizes.small } });
      ctx.equal((await driver.getVolume({ id: made.id })).name, made.name, "the volume made after setup");
    },
  },
  {
    id: "LIFECYCLE-2",
    family: "lifecycle",
    level: "basic",
    title: "unset can be repeated, calls after it are refused, and after another setup the volumes are there",
    rules: ["SB-LIFECYCLE-2", "SB-LIFECYCLE-3"],
    run: async (ctx) => {
      const driver = await ctx.open();
      const made = await driver.createVolume({ name: ctx.name("kept"), capacity: { requiredBytes: ctx.sizes.small } });
      await driver.unset();
      await driver.unset();
      for (const [operation, call] of everyOperation(ctx, driver)) {
        await ctx.expectError(call(), { code: "FAILED_PRECONDITION", outcome: "none" }, `${operation} after unset`);
      }
      await driver.setup();
      ctx.equal((await driver.getVolume({ name: made.name })).id, made.id, "the id of the volume after unset and setup");
      // One driver that is closed takes nothing from another.
      ctx.equal((await ctx.driver.getVolume({ id: made.id })).id, made.id, "the volume's id, read through another driver");
    },
  },
  ...closingChecks,
];

/** A well-formed call of each operation that needs no existing thing to be refused. */
function everyOperation(ctx: CheckContext, driver: VolumeDriver): readonly (readonly [string, () => Promise<unknown>])[] {
  const id = volumeId(ctx.name("no-id"));
  const name = ctx.name("never");
  const capacity = { requiredBytes: ctx.sizes.small };
  return [
    ["createVolume", () => driver.createVolume({ name, capacity })],
    ["getVolume", () => driver.getVolume({ name })],
    ["listVolumes", () => readVolumes(driver, 1)],
    ["deleteVolume", () => driver.deleteVolume({ id })],
    ["attachVolume", () => driver.attachVolume({ volumeId: id })],
    ["connectVolume", () => driver.connectVolume({ volumeId: id, connector: ctx.otherHost("any") })],
    ["disconnectVolume", () => driver.disconnectVolume({ volumeId: id, attachmentId: attachmentId(name) })],
    ["listAttachments", () => driver.listAttachments()],
    ["listMounts", () => driver.listMounts()],
  ];
}
