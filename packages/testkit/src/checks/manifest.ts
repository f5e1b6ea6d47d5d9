import type { Check } from "../check.js";

/** What a backend says about itself. */
export const manifestChecks: readonly Check[] = [
  {
    id: "MANIFEST-1",
    family: "manifest",
    level: "basic",
    title: "The manifest is plain data with sane limits and stays the same while the backend is used",
    rules: ["SB-MANIFEST-1", "SB-MANIFEST-2"],
    run: async (ctx) => {
      const { driver } = ctx;
      const before = structuredClone(driver.manifest);
      ctx.equal(JSON.parse(JSON.stringify(driver.manifest)), before, "the manifest after a trip through JSON");
      ctx.equal(before.kind, driver.kind, "the manifest's kind");

      const { nameBytes, granularityBytes, minVolumeBytes, maxVolumeBytes } = before.limits;
      const whole = Object.values(before.limits).every(Number.isSafeInteger);
      ctx.ok(whole, "every limit is a whole number up to 2^53 - 1", before.limits);
      ctx.ok(nameBytes >= 1 && nameBytes <= 128, "limits.nameBytes is 1 to 128", nameBytes);
      ctx.ok(granularityBytes >= 1, "limits.granularityBytes is at least 1", granularityBytes);
      const fits = minVolumeBytes >= 1 && minVolumeBytes % granularityBytes === 0;
      ctx.ok(fits, "limits.minVolumeBytes is a multiple of granularityBytes, above 0", before.limits);
      ctx.ok(maxVolumeBytes >= minVolumeBytes, "limits.maxVolumeBytes is at least minVolumeBytes", before.limits);

      const volume = await ctx.create("used");
      await driver.deleteVolume({ id: volume.id });
      ctx.equal(driver.manifest, before, "the manifest after a create and a delete");
      ctx.equal(await driver.setup(), before, "the manifest that setup returns again");
      const other = await ctx.open();
      ctx.equal(other.manifest, before, "the manifest of another opened driver");
    },
  },
];
