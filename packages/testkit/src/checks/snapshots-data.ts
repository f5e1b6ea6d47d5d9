import { requireFacets, supports, type DriverWith, type Snapshot, type Volume } from "@opensds/core";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { expectContent, expectVolume, sizeOf, withDevice, writePatches, writeVolume, type Patch } from "./support/contents.js";
import { refusedWith } from "./support/refusal.js";
import { cloneOf, cutSnapshot, requireSnapshotSource } from "./support/snapshots.js";
import { identityOf } from "./support/volumes.js";

/** Snapshots: what they hold. */
export const snapshotDataChecks: readonly Check[] = [
  {
    id: "SNAPSHOTS-6",
    family: "snapshots",
    level: "basic",
    title: "A snapshot of an attached volume holds what was written before and nothing that was written after, however often it is cloned",
    rules: ["SB-SNAP-2", "SB-SNAP-3"],
    needs: ["device"],
    facets: ["snapshots", "sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots", "sources");
      requireSnapshotSource(ctx, driver);
      const volume = await ctx.create("written");
      const size = sizeOf(volume);
      const before = [block(ctx, 0), block(ctx, size - 4096)];
      const after = [block(ctx, 0), block(ctx, 64 * 1024), block(ctx, size - 4096)];

      const snapshot = await withDevice(driver, volume, async (device) => {
        await writePatches(device, before);
        const cut = await cutSnapshot(ctx, driver, volume, "between");
        await writePatches(device, after);
        await expectSnapshot(ctx, cut, before, "a clone of the snapshot while its volume is written");
        await expectContent(ctx, device, size, [...before, ...after], "the volume after its snapshot was cloned");
        return cut;
      });
      await writeVolume(driver, volume, [block(ctx, 128 * 1024)]);
      const still = await driver.snapshots.getSnapshot({ id: snapshot.id });
      ctx.ok(still.readyToUse, "a snapshot that was ready stays ready", still);
      await expectSnapshot(ctx, snapshot, before, "a clone of the snapshot after its volume went on");
    },
  },
  {
    id: "SNAPSHOTS-7",
    family: "snapshots",
    level: "basic",
    title: "A snapshot of a mounted volume has the files that were synchronised before it, and none that was made after it",
    rules: ["SB-SNAP-2"],
    needs: ["device"],
    facets: ["snapshots", "sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots", "sources");
      requireSnapshotSource(ctx, driver);
      const volume = await ctx.create("mounted", ctx.sizes.data);
      const directory = await ctx.temporaryDirectory();
      const attachment = await driver.attachVolume({ volumeId: volume.id });
      const mount = await driver.mountVolume({ attachment, directory });
      const bytes = ctx.random.bytes(300_000);
      await writeSynced(join(directory, "before"), bytes);
      const snapshot = await cutSnapshot(ctx, driver, volume, "mounted");
      await writeSynced(join(directory, "after"), bytes);
      await driver.unmountVolume(mount);
      await driver.detachVolume(attachment);

      const clone = await cloneOf(ctx, { kind: "snapshot", snapshotId: snapshot.id }, snapshot.sizeBytes);
      const cloned = await driver.attachVolume({ volumeId: clone.id });
      const second = await driver.mountVolume({ attachment: cloned, directory });
      const read = await readFile(join(directory, "before"));
      ctx.ok(read.equals(bytes), "the file that was synchronised before the snapshot is in it, byte for byte", `${read.length} bytes`);
      const later = await readFile(join(directory, "after")).catch(() => undefined);
      ctx.ok(later === undefined, "the file that was made after the snapshot is not in it", `${later?.length ?? 0} bytes`);
      await driver.unmountVolume(second);
      await driver.detachVolume(cloned);
    },
  },
  {
    id: "SNAPSHOTS-8",
    family: "snapshots",
    level: "basic",
    title: "A snapshot holds its bytes after its volume was deleted, where that is possible at all",
    rules: ["SB-SNAP-3", "SB-SNAP-6"],
    needs: ["device"],
    facets: ["snapshots", "sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots", "sources");
      requireSnapshotSource(ctx, driver);
      const volume = await ctx.create("deleted");
      const patches = [block(ctx, 0), block(ctx, sizeOf(volume) - 4096)];
      await writeVolume(driver, volume, patches);
      const snapshot = await cutSnapshot(ctx, driver, volume, "outlives");
      const refused = { code: "FAILED_PRECONDITION", reason: "volume-has-snapshots", outcome: "none" } as const;
      if (await refusedWith(ctx, driver.deleteVolume({ id: volume.id }), refused, "deleteVolume of a volume with a snapshot")) {
        await expectVolume(ctx, driver, volume, patches, "the volume after the refusal");
      }
      await expectSnapshot(ctx, snapshot, patches, "a clone of the snapshot after its volume's deletion");
    },
  },
  {
    id: "SNAPSHOTS-9",
    family: "snapshots",
    level: "basic",
    title: "Reverting is refused while the volume is attached, and then gives back the snapshot's bytes, the volume's size and zeros beyond",
    rules: ["SB-SNAP-7"],
    needs: ["device"],
    facets: ["snapshots"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots");
      let volume: Volume = await ctx.create("reverted");
      const size = sizeOf(volume);
      const before = [block(ctx, 0), block(ctx, size - 4096)];
      await writeVolume(driver, volume, before);
      const snapshot = await cutSnapshot(ctx, driver, volume, "before");
      const step = ctx.manifest.limits.granularityBytes;
      if (supports(driver, "expansion") && size + step <= ctx.manifest.limits.maxVolumeBytes) {
        volume = (await driver.expansion.expandVolume({ id: volume.id, capacity: { requiredBytes: size + step } })).volume;
      }
      const after = [block(ctx, 0), block(ctx, 64 * 1024), block(ctx, sizeOf(volume) - 4096)];
      const request = { volumeId: volume.id, snapshotId: snapshot.id };
      await withDevice(driver, volume, async (device) => {
        await writePatches(device, after);
        const refused = { code: "FAILED_PRECONDITION", reason: "volume-in-use", outcome: "none" } as const;
        await ctx.expectError(driver.snapshots.revertVolume(request), refused, "revertVolume of an attached volume");
        await expectContent(ctx, device, sizeOf(volume), [...before, ...after], "the volume after the refusal");
      });
      const notGrown = { code: "FAILED_PRECONDITION", reason: "snapshot-not-revertible", outcome: "none" } as const;
      const reverting = driver.snapshots.revertVolume(request);
      if (sizeOf(volume) > size && (await refusedWith(ctx, reverting, notGrown, "revertVolume of a volume that has grown since"))) {
        await expectVolume(ctx, driver, volume, [...before, ...after], "the volume after the refusal");
        await revertUngrown(ctx, driver);
        return;
      }
      const reverted = await reverting;
      ctx.equal(reverted.id, volume.id, "the id of the reverted volume");
      ctx.equal(reverted.sizeBytes, volume.sizeBytes, "the size of the reverted volume");
      await expectVolume(ctx, driver, reverted, before, "the reverted volume");
      await driver.snapshots.getSnapshot({ id: snapshot.id });
    },
  },
];

/** What a backend that goes back only to a snapshot of the volume's own size can do. */
async function revertUngrown(ctx: CheckContext, driver: DriverWith<"snapshots">): Promise<void> {
  const volume = await ctx.create("not-grown");
  const before = [block(ctx, 0)];
  await writeVolume(driver, volume, before);
  const snapshot = await cutSnapshot(ctx, driver, volume, "not-grown");
  await writeVolume(driver, volume, [block(ctx, 0), block(ctx, 64 * 1024)]);
  const reverted = await driver.snapshots.revertVolume({ volumeId: volume.id, snapshotId: snapshot.id });
  ctx.equal(identityOf(reverted), identityOf(volume), "the reverted volume");
  await expectVolume(ctx, driver, reverted, before, "the reverted volume");
}

/** A block of random bytes. */
const block = (ctx: CheckContext, offsetBytes: number): Patch => ({ offsetBytes, bytes: ctx.random.bytes(4096) });

/** Fails unless a volume that is made of a snapshot now holds these bytes. */
async function expectSnapshot(ctx: CheckContext, snapshot: Snapshot, patches: readonly Patch[], what: string): Promise<void> {
  const clone = await cloneOf(ctx, { kind: "snapshot", snapshotId: snapshot.id }, snapshot.sizeBytes);
  await expectVolume(ctx, ctx.driver, clone, patches, what);
}

async function writeSynced(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
