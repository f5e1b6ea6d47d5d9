import { requireFacets, supports } from "@opensds/core";
import type { Check } from "../check.js";
import { deletedVolume } from "./support/volumes.js";

/** Sources that are not there. */
export const missingSourceChecks: readonly Check[] = [
  {
    id: "SOURCES-5",
    family: "sources",
    level: "basic",
    title: "A volume from a source that is not there, or no longer, is refused with that source's reason, and nothing is made",
    rules: ["SB-ERROR-7"],
    facets: ["sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "sources");
      const capacity = { requiredBytes: ctx.sizes.small };
      if (driver.sources.kinds.includes("volume")) {
        const name = ctx.name("from-volume");
        const call = driver.createVolume({ name, capacity, source: { kind: "volume", volumeId: (await deletedVolume(ctx)).id } });
        await ctx.expectError(call, { code: "NOT_FOUND", reason: "volume-not-found", outcome: "none" }, "createVolume from a volume that is not there");
        await ctx.expectError(driver.getVolume({ name }), { code: "NOT_FOUND" }, "getVolume of what was not made");
      }
      if (driver.sources.kinds.includes("snapshot") && supports(driver, "snapshots")) {
        const name = ctx.name("from-snapshot");
        const { id: sourceVolumeId } = await ctx.create("cut");
        const { id: snapshotId } = await driver.snapshots.createSnapshot({ name: ctx.name("snapshot"), sourceVolumeId });
        await driver.snapshots.deleteSnapshot({ id: snapshotId });
        const call = driver.createVolume({ name, capacity, source: { kind: "snapshot", snapshotId } });
        await ctx.expectError(call, { code: "NOT_FOUND", reason: "snapshot-not-found", outcome: "none" }, "createVolume from a snapshot that is not there");
        await ctx.expectError(driver.getVolume({ name }), { code: "NOT_FOUND" }, "getVolume of what was not made");
      }
    },
  },
];
