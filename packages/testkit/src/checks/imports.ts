import { requireFacets, supports, type Volume } from "@opensds/core";
import type { Check } from "../check.js";
import { expectVolume, sizeOf, writeVolume } from "./support/contents.js";
import { importables, importTracked, letGo } from "./support/imports.js";
import { findByName, identityOf, readAllVolumes } from "./support/volumes.js";

/** Taking volumes over, and letting go of them. */
export const importsChecks: readonly Check[] = [
  {
    id: "IMPORTS-1",
    family: "imports",
    level: "basic",
    title: "A volume that was let go is no volume any more and can be imported, and what is a volume is not shown as importable",
    rules: ["SB-IMPORT-2", "SB-IMPORT-4"],
    facets: ["imports"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "imports");
      const other = requireFacets(await ctx.open(), "imports");
      const volume = await ctx.create("let-go", ctx.sizes.small + ctx.manifest.limits.granularityBytes);
      const kept = await ctx.create("kept");
      const reference = await letGo(ctx, driver, volume);
      await driver.imports.unmanageVolume({ id: volume.id });
      for (const dock of [driver, other]) {
        const gone = { code: "NOT_FOUND", reason: "volume-not-found", outcome: "none" } as const;
        await ctx.expectError(dock.getVolume({ id: volume.id }), gone, "getVolume of a volume that was let go");
        ctx.equal(await findByName(dock, volume.name), undefined, "the volume of the name that was let go");
        const listed = (await readAllVolumes(dock)).filter((one) => one.name === volume.name || one.name === kept.name);
        ctx.equal(listed.map(identityOf), [identityOf(kept)], "the volumes in the list after one was let go");
        ctx.ok((await importables(dock)).has(reference), "what was let go can be imported", reference);
      }

      const before = await importables(driver);
      const imported = await importTracked(ctx, driver, reference, ctx.name("imported"));
      const after = await importables(other);
      ctx.equal([...before.keys()].filter((one) => !after.has(one)), [reference], "what is not importable any more after the import");
      const names = [kept.name, imported.name];
      ctx.equal(names.filter((name) => after.has(name)), [], "volumes that are shown as importable");
      const listed = (await readAllVolumes(other)).filter(({ id }) => id === imported.id);
      ctx.equal(listed.map(identityOf), [identityOf(imported)], "the imported volume in the list");
    },
  },
  {
    id: "IMPORTS-2",
    family: "imports",
    level: "basic",
    title: "The same import again gives the same volume, and a name that another volume has is refused and changes nothing",
    rules: ["SB-IMPORT-3"],
    facets: ["imports"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "imports");
      const other = requireFacets(await ctx.open(), "imports");
      const reference = await letGo(ctx, driver, await ctx.create("let-go"));
      const taken = await ctx.create("taken");
      const exists = { code: "ALREADY_EXISTS", reason: "volume-exists", outcome: "none" } as const;
      await ctx.expectError(other.imports.importVolume({ reference, name: taken.name }), exists, "importVolume under the name of another volume");
      ctx.equal(identityOf(await driver.getVolume({ name: taken.name })), identityOf(taken), "the volume of that name after the refusal");
      ctx.ok((await importables(driver)).has(reference), "what was not imported can still be imported", reference);

      const name = ctx.name("imported");
      const imported = await importTracked(ctx, driver, reference, name);
      ctx.equal(imported.name, name, "the imported volume's name");
      for (const dock of [driver, other]) {
        ctx.equal(identityOf(await dock.imports.importVolume({ reference, name })), identityOf(imported), "what the same import returned again");
      }
      await ctx.expectError(driver.imports.importVolume({ reference, name: taken.name }), exists, "the same import under another volume's name");
      ctx.equal(identityOf(await other.getVolume({ name })), identityOf(imported), "the imported volume after the refusal");
    },
  },
  {
    id: "IMPORTS-3",
    family: "imports",
    level: "basic",
    title: "Letting go and importing leave every byte, and the imported volume is attached, grown, written and deleted like any other",
    rules: ["SB-IMPORT-1", "SB-IMPORT-4"],
    needs: ["device"],
    facets: ["imports"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "imports");
      const volume = await ctx.create("bytes", ctx.sizes.small + ctx.manifest.limits.granularityBytes);
      const size = sizeOf(volume);
      const patches = [0, size - 4096].map((offsetBytes) => ({ offsetBytes, bytes: ctx.random.bytes(4096) }));
      await writeVolume(driver, volume, patches);
      let imported: Volume = volume;
      for (const time of ["once", "twice"]) {
        imported = await importTracked(ctx, driver, await letGo(ctx, driver, imported), ctx.name(time));
        ctx.equal(imported.sizeBytes, size, `the size of the volume that was imported ${time}`);
        await expectVolume(ctx, driver, imported, patches, `the volume that was let go and imported ${time}`);
      }

      const own = { offsetBytes: 64 * 1024, bytes: ctx.random.bytes(4096) };
      await writeVolume(driver, imported, [own]);
      const requiredBytes = size + ctx.manifest.limits.granularityBytes;
      if (supports(driver, "expansion") && requiredBytes <= ctx.manifest.limits.maxVolumeBytes) {
        imported = (await driver.expansion.expandVolume({ id: imported.id, capacity: { requiredBytes } })).volume;
      }
      await expectVolume(ctx, await ctx.open(), imported, [...patches, own], "the imported volume after it was written and grown");
      await driver.deleteVolume({ id: imported.id });
      ctx.equal(await findByName(driver, imported.name), undefined, "the imported volume after it was deleted");
    },
  },
];
