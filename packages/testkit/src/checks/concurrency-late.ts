import { isSouthboundError } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { timed, pause } from "./support/held-driver.js";
import { findByName, identityOf } from "./support/volumes.js";

/** What calls leave undone that never began, and what they do after they returned. */
export const lateChecks: readonly Check[] = [
  {
    id: "CONCURRENCY-8",
    family: "concurrency",
    level: "basic",
    title: "A call whose signal has fired before it begins does nothing",
    rules: ["SB-DEADLINE-2"],
    run: async (ctx) => {
      const { driver } = ctx;
      const options = { signal: AbortSignal.abort() };
      const cancelled = { code: "CANCELLED", outcome: "none" } as const;
      const made = await ctx.create("stays");
      const name = ctx.name("never");
      const capacity = { requiredBytes: ctx.sizes.small };
      await ctx.expectError(driver.createVolume({ name, capacity }, options), cancelled, "createVolume with a fired signal");
      await ctx.expectError(driver.deleteVolume({ id: made.id }, options), cancelled, "deleteVolume with a fired signal");
      await ctx.expectError(driver.getVolume({ id: made.id }, options), cancelled, "getVolume with a fired signal");
      if (ctx.manifest.protocols.length > 0) {
        const connector = ctx.otherHost("never");
        const connect = driver.connectVolume({ volumeId: made.id, connector }, options);
        await ctx.expectError(connect, cancelled, "connectVolume with a fired signal");
        ctx.equal(await driver.listAttachments({ volumeId: made.id, hostId: "all" }), [], "the attachments after a connect that never began");
        const { attachment } = await driver.connectVolume({ volumeId: made.id, connector });
        const disconnect = driver.disconnectVolume({ volumeId: made.id, attachmentId: attachment.id }, options);
        await ctx.expectError(disconnect, cancelled, "disconnectVolume with a fired signal");
        const left = await driver.listAttachments({ volumeId: made.id, hostId: "all" });
        ctx.equal(left.map((record) => record.attachment.id), [attachment.id], "the attachments after a disconnect that never began");
      }
      ctx.equal(await findByName(driver, name), undefined, "the volume of a create that never began");
      ctx.equal((await driver.getVolume({ id: made.id })).name, made.name, "the volume of a delete that never began");
    },
  },
  {
    id: "CONCURRENCY-9",
    family: "concurrency",
    level: "full",
    title: "A create or delete that lands after its caller gave up undoes nothing that was done since",
    rules: ["SB-DEADLINE-3"],
    run: async (ctx) => {
      const { driver } = ctx;
      const other = await ctx.open();
      const { small } = ctx.sizes;
      const larger = small + ctx.manifest.limits.granularityBytes;
      const { ms } = await timed(ctx.create("measured"));
      for (let round = 1; round <= 3; round += 1) {
        const name = ctx.name(`late-${round}`);
        const early = Math.max(1, Math.floor(ms * ((round - 0.5) / 3)));
        await giveUp(ctx, driver.createVolume({ name, capacity: { requiredBytes: small } }, { timeoutMs: early }));
        // Another dock settles the matter: the first volume goes, one of another size takes its name.
        const first = await settled(ctx, () => other.createVolume({ name, capacity: { requiredBytes: small } }));
        await giveUp(ctx, driver.deleteVolume({ id: first.id }, { timeoutMs: early }));
        await settled(ctx, () => other.deleteVolume({ id: first.id }));
        const second = await settled(ctx, () => other.createVolume({ name, capacity: { requiredBytes: larger } }));
        await pause(ctx, Math.min(3_000, 200 + 2 * ms));
        const there = await findByName(other, name);
        ctx.equal(there && identityOf(there), identityOf(second), "the last volume of the name, once the calls that were given up have landed");
      }
    },
  },
];

/** The call ends, in time or because its caller gave up. */
async function giveUp(ctx: CheckContext, call: Promise<unknown>): Promise<void> {
  const { result } = await timed(call);
  if (result.status === "fulfilled") return;
  const reason: unknown = result.reason;
  ctx.ok(isSouthboundError(reason) && reason.code === "DEADLINE_EXCEEDED", "a call that runs out of time says DEADLINE_EXCEEDED", reason);
}

/** Again while an earlier call is still under way. */
async function settled<Value>(ctx: CheckContext, call: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const again = isSouthboundError(error) && (error.recovery === "retry" || error.recovery === "wait-for-operation");
      if (!again || attempt === 30) throw error;
      await pause(ctx, 200);
    }
  }
}
