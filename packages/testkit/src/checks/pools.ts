import { requireFacets, type Volume, type VolumeId } from "@opensds/core";
import type { Check } from "../check.js";
import { sizeOf } from "./support/contents.js";
import { readAllVolumes } from "./support/volumes.js";

/** Pools and what is left in them. */
export const poolsChecks: readonly Check[] = [
  {
    id: "POOLS-1",
    family: "pools",
    level: "basic",
    title: "The pools' provisioned bytes, where they are known, include every volume, and a new one at once",
    rules: ["SB-POOL-2"],
    facets: ["pools"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "pools");
      const made = [await ctx.create("one", ctx.sizes.data), await ctx.create("two")];
      // Only what was there before and after the look at the pools was surely there during it.
      const before = await readAllVolumes(driver);
      const pools = await driver.pools.listPools();
      const after = new Map<VolumeId, Volume>((await readAllVolumes(driver)).map((volume) => [volume.id, volume]));

      ctx.ok(pools.length > 0, "a pool is listed: volumes were made in one", pools);
      let provisioned = 0;
      for (const { provisioned: amount } of pools) {
        if (amount.kind === "infinite") return ctx.fail("provisioned bytes that have an end", pools);
        if (amount.kind === "unknown") return;
        provisioned += amount.bytes;
      }
      const stayed = before.filter(({ id }) => after.has(id));
      ctx.ok(made.every(({ id }) => stayed.some((volume) => volume.id === id)), "the new volumes are listed", stayed.map(({ name }) => name));
      const needed = stayed.reduce((sum, volume) => sum + Math.min(volume.sizeBytes ?? 0, after.get(volume.id)?.sizeBytes ?? 0), 0);
      ctx.ok(needed >= made.reduce((sum, volume) => sum + sizeOf(volume), 0), "the list has the new volumes' sizes", needed);
      ctx.ok(provisioned >= needed, `at least ${needed} bytes are provisioned: the volumes' sizes added up`, provisioned);
    },
  },
];
