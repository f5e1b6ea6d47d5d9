import { supports, volumeId, type Volume } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { identityOf } from "./support/volumes.js";

/** What ids are. */
export const idChecks: readonly Check[] = [
  {
    id: "CONTRACT-2",
    family: "contract",
    level: "basic",
    title: "Ids are short printable text, and none ever names another thing, also after its own is gone",
    rules: ["SB-ID-1"],
    run: async (ctx) => {
      const { driver } = ctx;
      const seen = new Set<string>();
      const note = (id: string, whose: string): void => {
        ctx.ok(/^[!-~]{1,128}$/.test(id), `the id of ${whose} has 1 to 128 printable ASCII characters without blanks`, id);
        ctx.ok(!seen.has(id), `the id of ${whose} has not been another's`, id);
        seen.add(id);
      };
      const request = { name: ctx.name("again ünd again"), capacity: { requiredBytes: ctx.sizes.small } };
      let last: Volume | undefined;
      for (let time = 1; time <= 3; time += 1) {
        last = await driver.createVolume(request);
        note(last.id, `volume number ${time} of one name`);
        if (time < 3) await driver.deleteVolume({ id: last.id });
      }
      if (last === undefined) return;
      if (supports(driver, "snapshots")) await noteSnapshots(ctx, last, note);
      const shouted = volumeId(last.id.toUpperCase() === last.id ? `${last.id}x` : last.id.toUpperCase());
      await ctx.expectError(driver.getVolume({ id: shouted }), { code: "NOT_FOUND" }, "getVolume by an id in other letters");
    },
  },
  {
    id: "CONTRACT-3",
    family: "contract",
    level: "full",
    title: "A volume is the same, by name and by id, in another process and under another backend name of the same place",
    rules: ["SB-ID-1", "SB-CREATE-8"],
    needs: ["processes"],
    run: async (ctx) => {
      const request = { name: ctx.name("same"), capacity: { requiredBytes: ctx.sizes.small } };
      const made = await ctx.driver.createVolume(request);
      const twin = await ctx.open({ as: "conformance-twin" });
      ctx.equal(twin.backend, "conformance-twin", "the other name of the backend");
      ctx.equal(identityOf(await twin.createVolume(request)), identityOf(made), "what the same create under another backend name returned");
      ctx.equal((await twin.getVolume({ id: made.id })).name, made.name, "the volume of the id, under another backend name");
      const early = ctx.name("first under the other name");
      const theirs = await twin.createVolume({ ...request, name: early });
      ctx.equal((await ctx.driver.createVolume({ ...request, name: early })).id, theirs.id, "the id of a volume that was made under the other name");
      const worker = await ctx.worker();
      ctx.equal((await worker.getVolume({ name: request.name })).id, made.id, "the id in another process");
      await twin.deleteVolume({ id: made.id });
      await ctx.expectError(ctx.driver.getVolume({ id: made.id }), { code: "NOT_FOUND" }, "getVolume of what was deleted under the other name");
    },
  },
];

async function noteSnapshots(ctx: CheckContext, source: Volume, note: (id: string, whose: string) => void): Promise<void> {
  const { driver } = ctx;
  if (!supports(driver, "snapshots")) return;
  const name = ctx.name("snapshot");
  for (let time = 1; time <= 2; time += 1) {
    const { id } = await driver.snapshots.createSnapshot({ name, sourceVolumeId: source.id });
    ctx.defer(`remove snapshot ${id}`, async (janitor) => janitor.snapshots?.deleteSnapshot({ id }));
    note(id, `snapshot number ${time} of one name`);
    await driver.snapshots.deleteSnapshot({ id });
  }
}
