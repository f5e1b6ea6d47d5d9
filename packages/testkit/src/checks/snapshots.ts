import { requireFacets, type DriverWith, type SnapshotId, type VolumeId } from "@opensds/core";
import type { Check } from "../check.js";
import { snapshotDataChecks } from "./snapshots-data.js";
import { cutGroup, makeGroup } from "./support/groups.js";
import { refusedWith } from "./support/refusal.js";
import { cloneOf, cutOf, cutSnapshot, requireSnapshotSource, snapshotName } from "./support/snapshots.js";
import { identityOf } from "./support/volumes.js";

const gone = { code: "NOT_FOUND", reason: "snapshot-not-found", outcome: "none" } as const;

/** Snapshots: how they are named, listed and deleted. */
const snapshotNameChecks: readonly Check[] = [
  {
    id: "SNAPSHOTS-1",
    family: "snapshots",
    level: "basic",
    title: "The same snapshot request again gives the same snapshot, and its name with another source is refused and changes nothing",
    rules: ["SB-SNAP-1"],
    facets: ["snapshots"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots");
      const other = requireFacets(await ctx.open(), "snapshots");
      const [volume, second] = [await ctx.create("source"), await ctx.create("other")];
      const name = snapshotName(ctx, "again");
      const first = await driver.snapshots.createSnapshot({ name, sourceVolumeId: volume.id });
      ctx.equal(first.name, name, "the snapshot's name");
      ctx.equal(first.sourceVolumeId, volume.id, "the snapshot's source");
      ctx.equal(first.sizeBytes, volume.sizeBytes, "the snapshot's size");
      for (const dock of [driver, other]) {
        const again = await dock.snapshots.createSnapshot({ name, sourceVolumeId: volume.id });
        ctx.equal(cutOf(again), cutOf(first), "the snapshot that the same request returned again");
      }
      for (const dock of [driver, other]) {
        const call = dock.snapshots.createSnapshot({ name, sourceVolumeId: second.id });
        const expected = { code: "ALREADY_EXISTS", reason: "snapshot-exists", outcome: "none" } as const;
        await ctx.expectError(call, expected, "createSnapshot of another volume under a taken name");
      }
      ctx.equal(cutOf(await other.snapshots.getSnapshot({ id: first.id })), cutOf(first), "the snapshot read by id after the refusal");
      ctx.equal(cutOf(await driver.snapshots.getSnapshot({ name })), cutOf(first), "the snapshot read by name after the refusal");
      ctx.equal(await listedOf(driver, second.id), [], "the snapshots of the refused source");
    },
  },
  {
    id: "SNAPSHOTS-10",
    family: "snapshots",
    level: "basic",
    title: "A snapshot's name may be as long as a volume's, or look like an option, a path or a picture, and comes back unchanged",
    rules: ["SB-SNAP-1"],
    facets: ["snapshots"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots");
      const { id: sourceVolumeId } = await ctx.create("named");
      const { nameBytes } = ctx.manifest.limits;
      const names = [snapshotName(ctx, "long").padEnd(nameBytes, "x"), `--help ${snapshotName(ctx, "option")}`, `../${snapshotName(ctx, "path")}@x`, `${snapshotName(ctx, "picture")} 📀`];
      for (const name of names.filter((one) => Buffer.byteLength(one) <= nameBytes)) {
        const made = await driver.snapshots.createSnapshot({ name, sourceVolumeId });
        ctx.defer(`delete snapshot ${name}`, async (janitor) => janitor.snapshots?.deleteSnapshot({ id: made.id }));
        ctx.equal([made.name, (await driver.snapshots.getSnapshot({ name })).id], [name, made.id], "a snapshot's name, and what is found by it");
      }
    },
  },
  {
    id: "SNAPSHOTS-2",
    family: "snapshots",
    level: "basic",
    title: "The snapshots of a volume are listed, page by page, each once and none of another volume",
    rules: ["SB-SNAP-4"],
    facets: ["snapshots"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots");
      const [volume, second] = [await ctx.create("three"), await ctx.create("one")];
      const ids: SnapshotId[] = [];
      for (const label of ["a", "b", "c"]) ids.push((await cutSnapshot(ctx, driver, volume, label)).id);
      const others: SnapshotId[] = [];
      for (const label of ["other", "more"]) others.push((await cutSnapshot(ctx, driver, second, label)).id);
      const reader = requireFacets(await ctx.open(), "snapshots");
      // Both in pages: whichever volume's come later in the list would show on the other's second page.
      for (const pageSize of [1, 2, 100]) {
        ctx.equal(await listedOf(reader, volume.id, pageSize), ids.toSorted(), `the volume's snapshots in pages of ${pageSize}`);
        ctx.equal(await listedOf(reader, second.id, pageSize), others.toSorted(), `the other volume's snapshots in pages of ${pageSize}`);
      }
      for (const id of others) await driver.snapshots.deleteSnapshot({ id });
      ctx.equal(await listedOf(driver, second.id), [], "the other volume's snapshots after all were deleted");
    },
  },
  {
    id: "SNAPSHOTS-3",
    family: "snapshots",
    level: "basic",
    title: "A snapshot that a volume was made from is deleted and the volume stays, or is kept with snapshot-in-use and all stays",
    rules: ["SB-SNAP-5"],
    facets: ["snapshots", "sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots", "sources");
      requireSnapshotSource(ctx, driver);
      const volume = await ctx.create("source");
      const snapshot = await cutSnapshot(ctx, driver, volume, "used");
      const clone = await cloneOf(ctx, { kind: "snapshot", snapshotId: snapshot.id }, snapshot.sizeBytes);
      const refused = { code: "FAILED_PRECONDITION", reason: "snapshot-in-use", outcome: "none" } as const;
      const call = driver.snapshots.deleteSnapshot({ id: snapshot.id });
      if (await refusedWith(ctx, call, refused, "deleteSnapshot of a snapshot that a volume was made from")) {
        ctx.equal(cutOf(await driver.snapshots.getSnapshot({ id: snapshot.id })), cutOf(snapshot), "the snapshot after the refusal");
        ctx.equal(await listedOf(driver, volume.id), [snapshot.id], "the volume's snapshots after the refusal");
      } else {
        await ctx.expectError(driver.snapshots.getSnapshot({ id: snapshot.id }), gone, "getSnapshot of a deleted snapshot");
        ctx.equal(await listedOf(driver, volume.id), [], "the volume's snapshots after the deletion");
      }
      ctx.equal(identityOf(await driver.getVolume({ id: clone.id })), identityOf(clone), "the volume that was made from the snapshot");

      await driver.deleteVolume({ id: clone.id });
      await driver.snapshots.deleteSnapshot({ id: snapshot.id });
      await driver.snapshots.deleteSnapshot({ id: snapshot.id });
      await ctx.expectError(driver.snapshots.getSnapshot({ id: snapshot.id }), gone, "getSnapshot of a deleted snapshot");
    },
  },
  {
    id: "SNAPSHOTS-4",
    family: "snapshots",
    level: "basic",
    title: "A snapshot that belongs to a group's snapshot is not deleted alone: snapshot-in-use, and nothing changes",
    rules: ["SB-SNAP-5"],
    facets: ["snapshots", "groups"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots", "groups");
      const volume = await ctx.create("member");
      const group = await makeGroup(ctx, driver, [volume.id]);
      const cut = await cutGroup(ctx, driver, group);
      const [member] = cut.snapshots;
      if (member === undefined) return ctx.fail("the group's snapshot has a snapshot of its volume", cut);
      const refused = { code: "FAILED_PRECONDITION", reason: "snapshot-in-use", outcome: "none" } as const;
      await ctx.expectError(driver.snapshots.deleteSnapshot({ id: member.id }), refused, "deleteSnapshot of a group's snapshot");
      ctx.equal(cutOf(await driver.snapshots.getSnapshot({ id: member.id })), cutOf(member), "the snapshot after the refusal");
      const still = await driver.groups.getGroupSnapshot({ id: cut.id });
      ctx.equal(still.snapshots.map(({ id }) => id), [member.id], "the snapshots of the group's snapshot after the refusal");
    },
  },
  {
    id: "SNAPSHOTS-5",
    family: "snapshots",
    level: "basic",
    title: "Deleting a volume that has a snapshot leaves the snapshot usable, or is refused with volume-has-snapshots and changes nothing",
    rules: ["SB-SNAP-6"],
    facets: ["snapshots", "sources"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "snapshots", "sources");
      const volume = await ctx.create("source");
      const snapshot = await cutSnapshot(ctx, driver, volume, "outlives");
      const refused = { code: "FAILED_PRECONDITION", reason: "volume-has-snapshots", outcome: "none" } as const;
      if (await refusedWith(ctx, driver.deleteVolume({ id: volume.id }), refused, "deleteVolume of a volume with a snapshot")) {
        const still = await driver.getVolume({ id: volume.id });
        ctx.equal(identityOf(still), identityOf(volume), "the volume after the refusal");
        ctx.equal(still.state, "available", "the volume's state after the refusal");
      }
      const reader = requireFacets(await ctx.open(), "snapshots");
      const kept = await reader.snapshots.getSnapshot({ name: snapshot.name });
      ctx.equal({ ...cutOf(kept), readyToUse: kept.readyToUse }, { ...cutOf(snapshot), readyToUse: true }, "the snapshot after its volume's deletion");
      ctx.equal(await listedOf(reader, volume.id), [snapshot.id], "the snapshots of the volume after its deletion");
      if (!driver.sources.kinds.includes("snapshot")) return;
      const clone = await cloneOf(ctx, { kind: "snapshot", snapshotId: snapshot.id }, snapshot.sizeBytes);
      ctx.equal(clone.sizeBytes, snapshot.sizeBytes, "the size of a volume made from the snapshot afterwards");
    },
  },
];

/** Snapshots. */
export const snapshotsChecks: readonly Check[] = [...snapshotNameChecks, ...snapshotDataChecks];

async function listedOf(driver: DriverWith<"snapshots">, sourceVolumeId: VolumeId, pageSize = 100): Promise<readonly SnapshotId[]> {
  const ids: SnapshotId[] = [];
  for await (const { id } of driver.snapshots.listSnapshots({ sourceVolumeId, pageSize })) ids.push(id);
  return ids.toSorted();
}
