import { requireFacets, supports, type DriverWith, type Volume, type VolumeSource, type VolumeSourceKind } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { expectVolume, sizeOf, writeVolume, type Patch } from "./support/contents.js";
import { refusedWith } from "./support/refusal.js";
import { cloneOf, cutSnapshot } from "./support/snapshots.js";
import { findByName, identityOf } from "./support/volumes.js";

/** Volumes that are made from others. */
export const sourcesChecks: readonly Check[] = [
  {
    id: "SOURCES-1",
    family: "sources",
    level: "basic",
    title: "A size below the source's is refused and nothing is made",
    rules: ["SB-SOURCE-2"],
    facets: ["sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "sources");
      const { limits } = ctx.manifest;
      const larger = ctx.sizes.small + limits.granularityBytes;
      if (larger > limits.maxVolumeBytes) ctx.skip("this backend has only one size");
      const volume = await ctx.create("source", larger);
      for (const source of await sourcesOf(ctx, driver, volume)) {
        const name = ctx.name("smaller");
        const call = driver.createVolume({ name, capacity: { requiredBytes: ctx.sizes.small, limitBytes: ctx.sizes.small }, source });
        await ctx.expectError(call, { code: "OUT_OF_RANGE", outcome: "none" }, `createVolume smaller than its source, a ${source.kind}`);
        ctx.equal(await findByName(driver, name), undefined, "the volume of the refused name");
      }
    },
  },
  {
    id: "SOURCES-2",
    family: "sources",
    level: "basic",
    title: "The same create from a source again gives the same volume, and another source or none under its name is refused and changes nothing",
    rules: ["SB-SOURCE-4"],
    facets: ["sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "sources");
      const [volume, second] = [await ctx.create("source"), await ctx.create("another")];
      const sources = await sourcesOf(ctx, driver, volume);
      const others: readonly (VolumeSource | undefined)[] = [undefined, ...sources, ...(await sourcesOf(ctx, driver, second))];
      for (const source of sources) {
        const made = await cloneOf(ctx, source, sizeOf(volume));
        const request = { name: made.name, capacity: { requiredBytes: sizeOf(volume) } };
        const again = await driver.createVolume({ ...request, source });
        ctx.equal(identityOf(again), identityOf(made), `what the same create from a ${source.kind} returned again`);
        for (const other of others.filter((one) => one !== source)) {
          const call = driver.createVolume({ ...request, ...(other !== undefined && { source: other }) });
          const expected = { code: "ALREADY_EXISTS", reason: "volume-exists", outcome: "none" } as const;
          await ctx.expectError(call, expected, `createVolume under a taken name with another source (${other?.kind ?? "none"})`);
        }
        const still = await driver.getVolume({ name: made.name });
        ctx.equal({ ...identityOf(still), source: still.source }, { ...identityOf(made), source }, "the volume after the refused creates");
      }
    },
  },
  {
    id: "SOURCES-3",
    family: "sources",
    level: "basic",
    title: "A volume made from a source begins with its bytes, and where it is larger reads as zeros beyond them",
    rules: ["SB-SOURCE-1"],
    needs: ["device"],
    facets: ["sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "sources");
      const volume = await ctx.create("source");
      const size = sizeOf(volume);
      const patches = [block(ctx, 0), block(ctx, size - 4096)];
      await writeVolume(driver, volume, patches);
      const { granularityBytes, maxVolumeBytes } = ctx.manifest.limits;
      for (const source of await sourcesOf(ctx, driver, volume)) {
        for (const wanted of [size, size + granularityBytes].filter((one) => one <= maxVolumeBytes)) {
          const clone = await cloneOf(ctx, source, wanted);
          ctx.equal(clone.sizeBytes, wanted, `the size of a volume made from a ${source.kind}`);
          await expectVolume(ctx, driver, clone, patches, `a volume of ${wanted} bytes made from a ${source.kind} of ${size}`);
        }
      }
    },
  },
  {
    id: "SOURCES-4",
    family: "sources",
    level: "basic",
    title: "A source and the volumes made from it are written, grown and deleted without one another changing",
    rules: ["SB-SOURCE-3"],
    needs: ["device"],
    facets: ["sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "sources");
      for (const kind of driver.sources.kinds) {
        if (kind === "volume" || supports(driver, "snapshots")) await changeApart(ctx, driver, kind);
      }
    },
  },
];

/** Changes a source, and one of two volumes that were made from it, in every way there is. */
async function changeApart(ctx: CheckContext, driver: DriverWith<"sources">, kind: VolumeSourceKind): Promise<void> {
  const volume = await ctx.create("source");
  const size = sizeOf(volume);
  const first = [block(ctx, 0), block(ctx, size - 4096)];
  await writeVolume(driver, volume, first);
  const source = (await sourcesOf(ctx, driver, volume, [kind]))[0];
  if (source === undefined) return ctx.fail(`a ${kind} to make volumes from`, driver.sources.kinds);
  const [changed, kept] = [await cloneOf(ctx, source, size), await cloneOf(ctx, source, size)];

  const own = [block(ctx, 0), block(ctx, 64 * 1024)];
  await writeVolume(driver, volume, own);
  await grow(ctx, volume);
  await expectVolume(ctx, driver, changed, first, `a volume made from a ${kind} after the source was written and grown`);

  await writeVolume(driver, changed, [block(ctx, 0), block(ctx, 128 * 1024)]);
  await grow(ctx, changed);
  const grown = await driver.getVolume({ id: volume.id });
  await expectVolume(ctx, driver, grown, [...first, ...own], "the source after a volume made from it was written and grown");
  await driver.deleteVolume({ id: changed.id });
  await expectVolume(ctx, driver, grown, [...first, ...own], "the source after a volume made from it was deleted");

  const gone = driver.deleteVolume({ id: volume.id });
  // SB-SNAP-6: a volume that has snapshots may stay.
  if (kind === "snapshot") await refusedWith(ctx, gone, { code: "FAILED_PRECONDITION", reason: "volume-has-snapshots" }, "deleteVolume of the source");
  else await gone;
  await expectVolume(ctx, driver, kept, first, `a volume made from a ${kind} after the source and a sibling were deleted`);
}

/** A block of random bytes. */
const block = (ctx: CheckContext, offsetBytes: number): Patch => ({ offsetBytes, bytes: ctx.random.bytes(4096) });

/** The volume as a source, in every kind that the backend can: as it is, and as a snapshot of it. */
async function sourcesOf(
  ctx: CheckContext,
  driver: DriverWith<"sources">,
  volume: Volume,
  kinds = driver.sources.kinds,
): Promise<readonly VolumeSource[]> {
  const sources: VolumeSource[] = [];
  if (kinds.includes("volume")) sources.push({ kind: "volume", volumeId: volume.id });
  if (kinds.includes("snapshot") && supports(driver, "snapshots")) {
    const { id } = await cutSnapshot(ctx, driver, volume, "source");
    sources.push({ kind: "snapshot", snapshotId: id });
  }
  return sources;
}

/** Grows a volume by the smallest step, where the backend can. */
async function grow(ctx: CheckContext, volume: Volume): Promise<void> {
  const { granularityBytes, maxVolumeBytes } = ctx.manifest.limits;
  const requiredBytes = sizeOf(volume) + granularityBytes;
  if (!supports(ctx.driver, "expansion") || requiredBytes > maxVolumeBytes) return;
  await ctx.driver.expansion.expandVolume({ id: volume.id, capacity: { requiredBytes } });
}
