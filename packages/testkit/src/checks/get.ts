import { volumeId } from "@opensds/core";
import type { Check } from "../check.js";

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
];
