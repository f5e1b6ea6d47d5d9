import { requireFacets, type DriverWith, type TrashedVolume, type Volume, type VolumeId } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { removeVolume } from "../run/remove-volume.js";
import { expectVolume, sizeOf, writeVolume } from "./support/contents.js";
import { identityOf, readAllVolumes } from "./support/volumes.js";

const gone = { code: "NOT_FOUND", reason: "volume-not-found", outcome: "none" } as const;

/** Deleted volumes, and the way back. */
export const trashChecks: readonly Check[] = [
  {
    id: "TRASH-1",
    family: "trash",
    level: "basic",
    title: "A deleted volume is in the trash and nowhere else, and comes back with its id, under another name where its own is taken",
    rules: ["SB-TRASH-1", "SB-TRASH-2"],
    facets: ["trash"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "trash");
      const other = requireFacets(await ctx.open(), "trash");
      const volume = await createTrashable(ctx, "deleted");
      ctx.equal(await trashed(driver, volume.id), [], "the trash before the deletion");
      await driver.deleteVolume({ id: volume.id });
      await driver.deleteVolume({ id: volume.id });
      for (const dock of [driver, other]) {
        const { id, name, sizeBytes } = volume;
        const found = (await trashed(dock, id)).map((one) => ({ id: one.id, name: one.name, sizeBytes: one.sizeBytes }));
        ctx.equal(found, [{ id, name, sizeBytes }], "the deleted volume in the trash");
        await ctx.expectError(dock.getVolume({ id }), gone, "getVolume by the id of a deleted volume");
        await ctx.expectError(dock.getVolume({ name }), gone, "getVolume by the name of a deleted volume");
        ctx.ok((await readAllVolumes(dock)).every((one) => one.id !== id), "a deleted volume is not listed", volume);
      }

      const successor = await createTrashable(ctx, "successor", volume.name);
      const taken = { code: "ALREADY_EXISTS", reason: "volume-exists", outcome: "none" } as const;
      await ctx.expectError(other.trash.undeleteVolume({ id: volume.id }), taken, "undeleteVolume under a taken name");
      ctx.equal((await trashed(driver, volume.id)).length, 1, "how often the volume is in the trash after the refusal");
      ctx.equal(identityOf(await driver.getVolume({ name: volume.name })), identityOf(successor), "the volume of that name after the refusal");

      const name = ctx.name("back");
      const back = await other.trash.undeleteVolume({ id: volume.id, name });
      ctx.equal(identityOf(back), identityOf({ ...volume, name }), "the volume that came back under another name");
      ctx.equal(identityOf(await driver.getVolume({ id: volume.id })), identityOf(back), "the volume that came back, read by another driver");
      ctx.equal(await trashed(driver, volume.id), [], "the trash after the volume came back");

      await driver.deleteVolume({ id: volume.id });
      const again = await driver.trash.undeleteVolume({ id: volume.id });
      ctx.equal(identityOf(again), identityOf(back), "the volume that came back under its own name");
    },
  },
  {
    id: "TRASH-2",
    family: "trash",
    level: "basic",
    title: "A purged volume is not in the trash and does not come back, and purging what is not there succeeds",
    rules: ["SB-TRASH-3"],
    facets: ["trash"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "trash");
      const other = requireFacets(await ctx.open(), "trash");
      const [volume, kept] = [await createTrashable(ctx, "purged"), await createTrashable(ctx, "kept")];
      await driver.deleteVolume({ id: volume.id });
      await driver.deleteVolume({ id: kept.id });
      await driver.trash.purgeVolume({ id: volume.id });
      for (const dock of [driver, other]) {
        await dock.trash.purgeVolume({ id: volume.id });
        ctx.equal(await trashed(dock, volume.id), [], "the trash after the volume was purged");
        ctx.equal((await trashed(dock, kept.id)).length, 1, "how often the other volume is in the trash");
        for (const request of [{ id: volume.id }, { id: volume.id, name: ctx.name("back") }]) {
          await ctx.expectError(dock.trash.undeleteVolume(request), gone, "undeleteVolume of a purged volume");
        }
      }
      await ctx.expectError(driver.getVolume({ id: volume.id }), gone, "getVolume of a purged volume");
    },
  },
  {
    id: "TRASH-3",
    family: "trash",
    level: "basic",
    title: "A volume that comes back from the trash has every byte that it had, also when another had its name meanwhile",
    rules: ["SB-TRASH-1", "SB-TRASH-2"],
    needs: ["device"],
    facets: ["trash"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "trash");
      const volume = await createTrashable(ctx, "bytes");
      const patches = [0, sizeOf(volume) - 4096].map((offsetBytes) => ({ offsetBytes, bytes: ctx.random.bytes(4096) }));
      await writeVolume(driver, volume, patches);
      await driver.deleteVolume({ id: volume.id });
      const successor = await createTrashable(ctx, "successor", volume.name);
      await expectVolume(ctx, driver, successor, [], "a new volume of the deleted one's name");
      await writeVolume(driver, successor, [{ offsetBytes: 0, bytes: ctx.random.bytes(4096) }]);
      await driver.deleteVolume({ id: successor.id });
      const back = await driver.trash.undeleteVolume({ id: volume.id });
      ctx.equal(identityOf(back), identityOf(volume), "the volume that came back");
      await expectVolume(ctx, driver, back, patches, "the volume that came back");
    },
  },
];

/** Makes a volume that is purged after the check: deleting alone would leave it in the trash. */
async function createTrashable(ctx: CheckContext, label: string, name = ctx.name(label)): Promise<Volume> {
  const volume = await ctx.driver.createVolume({ name, capacity: { requiredBytes: ctx.sizes.small } });
  ctx.defer(`purge volume ${volume.name}`, async (janitor) => {
    await removeVolume(janitor, volume.id);
    await requireFacets(janitor, "trash").trash.purgeVolume({ id: volume.id });
  });
  return volume;
}

/** What the trash has of a volume. */
async function trashed(driver: DriverWith<"trash">, id: VolumeId): Promise<readonly TrashedVolume[]> {
  const found: TrashedVolume[] = [];
  for await (const one of driver.trash.listTrash({ pageSize: 1000 })) if (one.id === id) found.push(one);
  return found;
}
