import { isSouthboundError, requireFacets, type VolumeDriver } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { pause } from "./support/held-driver.js";
import { races } from "./support/races.js";

/** Deletes that meet others' use of the same volume. */
export const deleteRaceChecks: readonly Check[] = [
  {
    id: "DELETE-4",
    family: "delete",
    level: "full",
    title: "When a delete races with an attachment by another dock, only one of them succeeds",
    rules: ["SB-DELETE-4"],
    needs: ["connect"],
    run: async (ctx) => {
      await race(ctx, async (other, id, round) => {
        const { attachment } = await other.connectVolume({ volumeId: id, connector: ctx.otherHost(`racer-${round}`) });
        return async (deleted) => {
          ctx.ok(!deleted, "delete and connect of one volume do not both succeed", "both succeeded");
          const recorded = await ctx.driver.listAttachments({ volumeId: id, hostId: "all" });
          ctx.equal(recorded.map((record) => record.attachment.id), [attachment.id], "the attachments of a volume that a delete was refused for");
          ctx.equal((await ctx.driver.getVolume({ id })).state, "in-use", "the state of a volume that a delete was refused for");
        };
      });
    },
  },
  {
    id: "DELETE-5",
    family: "delete",
    level: "full",
    title: "When a delete races with a snapshot, a snapshot that was made stays and can be read",
    rules: ["SB-DELETE-4"],
    facets: ["snapshots"],
    run: async (ctx) => {
      await race(ctx, async (other, sourceVolumeId, round) => {
        const { snapshots } = requireFacets(other, "snapshots");
        const { id } = await snapshots.createSnapshot({ name: ctx.name(`cut-${round}`), sourceVolumeId });
        ctx.defer(`remove snapshot ${id}`, async (janitor) => janitor.snapshots?.deleteSnapshot({ id }));
        return async () => {
          const there = await snapshots.getSnapshot({ id });
          ctx.ok(there.readyToUse, "a snapshot that was made beside a delete is ready", there);
          const { sources } = ctx.driver;
          if (sources?.kinds.includes("snapshot") === true) {
            const capacity = { requiredBytes: ctx.sizes.small };
            await ctx.driver.createVolume({ name: ctx.name(`from-${round}`), capacity, source: { kind: "snapshot", snapshotId: id } });
          }
        };
      });
    },
  },
  {
    id: "DELETE-6",
    family: "delete",
    level: "full",
    title: "When a delete races with a clone, a clone that was made stays",
    rules: ["SB-DELETE-4"],
    facets: ["sources"],
    run: async (ctx) => {
      if (ctx.driver.sources?.kinds.includes("volume") !== true) ctx.skip("this backend clones no volumes");
      await race(ctx, async (other, volumeId, round) => {
        const request = {
          name: ctx.name(`clone-${round}`),
          capacity: { requiredBytes: ctx.sizes.small },
          source: { kind: "volume", volumeId },
        } as const;
        const clone = await other.createVolume(request);
        return async () => {
          ctx.equal((await ctx.driver.getVolume({ id: clone.id })).state, "available", "the state of a clone that was made beside a delete");
        };
      });
    },
  },
];

/** Deletes a volume while another dock begins to use it; what use returns looks at the matter when it has succeeded. */
async function race(
  ctx: CheckContext,
  use: (other: VolumeDriver, id: Awaited<ReturnType<CheckContext["create"]>>["id"], round: number) => Promise<(deleted: boolean) => Promise<void>>,
): Promise<void> {
  const other = await ctx.open();
  await races(ctx, 3, async (round) => {
    const { id } = await ctx.create(`raced-${round}`);
    const delayMs = ctx.random.integer(8) * ((round - 1) % 4);
    const [deleted, used] = await Promise.allSettled([
      pause(ctx, delayMs).then(() => ctx.driver.deleteVolume({ id })),
      use(other, id, round),
    ]);
    for (const [what, result] of [["deleteVolume", deleted], ["its rival", used]] as const) {
      if (result.status === "fulfilled") continue;
      const refused = isSouthboundError(result.reason) && ["ABORTED", "FAILED_PRECONDITION", "NOT_FOUND"].includes(result.reason.code);
      ctx.ok(refused, `${what} succeeds, or is refused because the other was first`, result.reason);
    }
    const bothFailed = deleted.status === "rejected" && used.status === "rejected";
    if (bothFailed) ctx.equal((await ctx.driver.getVolume({ id })).id, id, "the volume after both were refused");
    if (used.status === "fulfilled") await used.value(deleted.status === "fulfilled");
  });
}
