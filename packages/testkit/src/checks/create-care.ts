import type { Volume } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { timed } from "./support/held-driver.js";
import { identityOf } from "./support/volumes.js";

/** What a create never does: return what cannot be used, or touch what others have got. */
export const createCareChecks: readonly Check[] = [
  {
    id: "CREATE-4",
    family: "create",
    level: "basic",
    title: "What createVolume returns can be used at once, also to those who ask while it is being made, and while it is attached",
    rules: ["SB-CREATE-6"],
    run: async (ctx) => {
      const docks = [ctx.driver, await ctx.open(), await ctx.open()];
      const request = { name: ctx.name("ready"), capacity: { requiredBytes: ctx.sizes.small } };
      const made = await Promise.all(docks.map((dock) => dock.createVolume(request)));
      for (const volume of made) ctx.equal(volume.state, "available", "the state of a volume that createVolume returned");
      const [first] = made;
      if (first === undefined || ctx.manifest.protocols.length === 0) return;
      // Ready means ready: it can be connected, and is then in use and returned all the same.
      const { attachment } = await ctx.driver.connectVolume({ volumeId: first.id, connector: ctx.otherHost("user") });
      ctx.equal((await ctx.driver.createVolume(request)).state, "in-use", "the state of an attached volume that a create was repeated for");
      await ctx.driver.disconnectVolume({ volumeId: first.id, attachmentId: attachment.id });
    },
  },
  {
    id: "CREATE-5",
    family: "create",
    level: "full",
    title: "A volume that was returned to a caller stays as it is, whatever becomes of other creates under its name",
    rules: ["SB-CREATE-7"],
    run: async (ctx) => {
      const other = await ctx.open();
      const { ms } = await timed(ctx.create("measured"));
      for (let round = 1; round <= 2; round += 1) {
        const request = { name: ctx.name(`kept-${round}`), capacity: { requiredBytes: ctx.sizes.small } };
        // Beside the create that returns it, another dock asks for the same and gives up on the way.
        const timeoutMs = Math.max(1, Math.floor(ms * ctx.random.integer(100) * 0.01));
        const leaves = timed(other.createVolume(request, { timeoutMs }));
        const kept = await ctx.driver.createVolume(request);
        await leaves;
        await expectKept(ctx, kept, "after a create beside it that was given up");
        await timed(other.createVolume(request, { timeoutMs: 1 }));
        await timed(other.createVolume(request, { signal: AbortSignal.timeout(ctx.random.integer(20)) }));
        const larger = ctx.sizes.small + ctx.manifest.limits.granularityBytes;
        await timed(other.createVolume({ ...request, capacity: { requiredBytes: larger } }));
        await expectKept(ctx, kept, "after creates that were refused or given up");
        await ctx.driver.deleteVolume({ id: kept.id });
      }
    },
  },
];

async function expectKept(ctx: CheckContext, kept: Volume, when: string): Promise<void> {
  ctx.equal(identityOf(await ctx.driver.getVolume({ id: kept.id })), identityOf(kept), `the returned volume ${when}`);
  ctx.equal((await ctx.driver.getVolume({ name: kept.name })).id, kept.id, `the id of its name ${when}`);
}
