import { describe, expect, it } from "vitest";
import { testClouds } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();

describe("groups", () => {
  it("are there where a group type is named, and nowhere else", async () => {
    const server = await cloudWith(() => undefined);
    for (const [options, there] of [[{}, false], [{ groupType: "consistent" }, true]] as const) {
      const driver = await driverOn(server, options);
      await driver.setup();
      expect([driver.manifest.facets.includes("groups"), driver.groups !== undefined]).toEqual([there, there]);
    }
  });
});
