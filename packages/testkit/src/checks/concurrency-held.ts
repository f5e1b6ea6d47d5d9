import { isSouthboundError } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { holdFirst, promptMs, timed } from "./support/held-driver.js";
import { findByName, identityOf } from "./support/volumes.js";

/** Calls that meet others which are still running, and calls that never end. */
export const heldChecks: readonly Check[] = [
  {
    id: "CONCURRENCY-5",
    family: "concurrency",
    level: "full",
    title: "Identical creates in flight get one result, and each ends at its own deadline or abort without ending the others",
    rules: ["SB-CONCURRENCY-2"],
    run: async (ctx) => {
      const { driver, held, release } = await holdFirst(ctx, "createVolume");
      const request = { name: ctx.name("joined"), capacity: { requiredBytes: ctx.sizes.small } };
      const patient = driver.createVolume(request);
      await held(patient);
      const leaver = new AbortController();
      const hurried = timed(driver.createVolume({ ...request }, { timeoutMs: 300 }));
      const left = timed(driver.createVolume({ ...request }, { signal: leaver.signal }));
      const second = driver.createVolume({ ...request });
      second.catch(() => undefined);
      leaver.abort();
      for (const [code, one, afterMs] of [["CANCELLED", await left, 0], ["DEADLINE_EXCEEDED", await hurried, 300]] as const) {
        const ended = one.result.status === "rejected" && isSouthboundError(one.result.reason) && one.result.reason.code === code;
        ctx.ok(ended, `a joined create ends with ${code} of its own`, one.result);
        ctx.ok(one.ms < afterMs + promptMs, `a joined create ends within ${promptMs} ms of its own end`, `${Math.round(one.ms)} ms`);
      }
      release();
      const [first, joined] = await Promise.all([patient, second]);
      ctx.equal(identityOf(joined), identityOf(first), "what the second of two identical creates got");
      ctx.equal((await ctx.driver.getVolume({ name: request.name })).id, first.id, "the id of the volume of that name");
    },
  },
  {
    id: "CONCURRENCY-6",
    family: "concurrency",
    level: "full",
    title: "A create that meets a different one of its name in the same process is ABORTED, changes nothing, and names the running one",
    rules: ["SB-CONCURRENCY-3"],
    run: async (ctx) => {
      const { driver, held, release } = await holdFirst(ctx, "createVolume");
      const { small } = ctx.sizes;
      const name = ctx.name("met");
      const before = Date.now();
      const running = driver.createVolume({ name, capacity: { requiredBytes: small } }, { timeoutMs: 40_000 });
      await held(running);
      const different = driver.createVolume({ name, capacity: { requiredBytes: small + ctx.manifest.limits.granularityBytes } }, { timeoutMs: 20_000 });
      const expected = { code: "ABORTED", reason: "operation-pending", outcome: "none" } as const;
      const error = await ctx.expectError(different, expected, "createVolume beside a different one of the same name");
      ctx.equal(error.details["pendingOperation"], "createVolume", "details.pendingOperation");
      const since = Date.parse(String(error.details["since"]));
      ctx.ok(since >= before - 1_000 && since <= Date.now(), "details.since is when the running call began", error.details["since"]);
      release();
      ctx.equal((await running).sizeBytes, small, "the size of the volume that the running create made");
      ctx.equal((await ctx.driver.getVolume({ name })).sizeBytes, small, "the size of the volume after the ABORTED create");
    },
  },
  {
    id: "CONCURRENCY-7",
    family: "concurrency",
    level: "full",
    title: "A call that hangs returns at its deadline all the same, and does not keep later calls on its volume from running",
    rules: ["SB-DEADLINE-4", "SB-CONCURRENCY-4"],
    run: async (ctx) => {
      const { small } = ctx.sizes;
      const creating = await holdFirst(ctx, "createVolume");
      const request = { name: ctx.name("hung"), capacity: { requiredBytes: small } };
      await expectDeadline(ctx, "createVolume", (timeoutMs) => {
        const call = creating.driver.createVolume(request, { timeoutMs });
        return [call, creating.held(call)];
      });
      const made = await creating.driver.createVolume(request, { timeoutMs: laterMs });
      ctx.equal((await ctx.driver.getVolume({ name: request.name })).id, made.id, "the volume that a create after the hung one made");

      const deleting = await holdFirst(ctx, "deleteVolume");
      await expectDeadline(ctx, "deleteVolume", (timeoutMs) => {
        const call = deleting.driver.deleteVolume({ id: made.id }, { timeoutMs });
        return [call, deleting.held(call)];
      });
      await deleting.driver.deleteVolume({ id: made.id }, { timeoutMs: laterMs });
      ctx.equal(await findByName(ctx.driver, request.name), undefined, "the volume after the delete that followed the hung one");
      // What was held lands now: it has nothing to undo.
      creating.release();
      deleting.release();
    },
  },
];

/** Milliseconds for a call after a hung one: its own work, and the time that an abandoned call may still hold the volume. */
const laterMs = 25_000;

async function expectDeadline(
  ctx: CheckContext,
  operation: string,
  call: (timeoutMs: number) => readonly [Promise<unknown>, Promise<void>],
): Promise<void> {
  // Long enough to reach the first step on a slow backend, where the hold is what takes the rest.
  const timeoutMs = 5_000;
  const [work, held] = call(timeoutMs);
  const outcome = timed(work);
  await held;
  const { result, ms } = await outcome;
  const ended = result.status === "rejected" && isSouthboundError(result.reason) && result.reason.code === "DEADLINE_EXCEEDED";
  ctx.ok(ended, `a ${operation} that hangs ends with DEADLINE_EXCEEDED`, result);
  ctx.ok(ms < timeoutMs + promptMs, `a ${operation} that hangs returns within ${promptMs} ms of its deadline`, `${Math.round(ms)} ms`);
}
