import { isSouthboundError, type CreateVolumeRequest, type Volume, type VolumeDriver } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { heldChecks } from "./concurrency-held.js";
import { lateChecks } from "./concurrency-late.js";
import { races } from "./support/races.js";
import { findByName, identityOf, readAllVolumes } from "./support/volumes.js";

/** Several callers at once, and callers that do not wait. */
export const concurrencyChecks: readonly Check[] = [
  {
    id: "CONCURRENCY-1",
    family: "concurrency",
    level: "full",
    title: "The same create by eight docks at once makes one volume, and each gets it",
    rules: ["SB-CREATE-4"],
    run: async (ctx) => {
      const docks = [ctx.driver];
      while (docks.length < 8) docks.push(await ctx.open());
      for (let round = 1; round <= 2; round += 1) {
        const request = { name: ctx.name(`round-${round}`), capacity: { requiredBytes: ctx.sizes.small } };
        const made = await Promise.all(docks.map((dock) => dock.createVolume(request)));
        await expectOneVolume(ctx, request, made);
      }
    },
  },
  {
    id: "CONCURRENCY-2",
    family: "concurrency",
    level: "full",
    title: "The same create by four processes at once makes one volume, and each gets it",
    rules: ["SB-CREATE-4"],
    needs: ["processes"],
    run: async (ctx) => {
      const workers = await Promise.all([ctx.worker(), ctx.worker(), ctx.worker(), ctx.worker()]);
      for (let round = 1; round <= 5; round += 1) {
        const request = { name: ctx.name(`round-${round}`), capacity: { requiredBytes: ctx.sizes.small } };
        const made = await Promise.all(workers.map((worker) => worker.createVolume(request)));
        await expectOneVolume(ctx, request, made);
      }
    },
  },
  {
    id: "CONCURRENCY-3",
    family: "concurrency",
    level: "full",
    title: "When create and delete of one name race, each ends as if one came first, and the name stays usable",
    rules: ["SB-CONCURRENCY-1"],
    run: async (ctx) => {
      const other = await ctx.open();
      await races(ctx, 5, (round) => raceCreateAndDelete(ctx, other, ctx.random.integer(4) * (round % 8)));
    },
  },
  {
    id: "CONCURRENCY-4",
    family: "concurrency",
    level: "full",
    title: "A create that is cancelled or runs out of time returns promptly, and its replay makes one volume",
    rules: ["SB-DEADLINE-1", "SB-CREATE-5"],
    run: async (ctx) => {
      const { driver } = ctx;
      const capacity = { requiredBytes: ctx.sizes.small };
      const early = { name: ctx.name("aborted-before"), capacity };
      const before = driver.createVolume(early, { signal: AbortSignal.abort() });
      await ctx.expectError(before, { code: "CANCELLED", outcome: "none" }, "createVolume with a signal that has fired");
      ctx.equal(await findByName(driver, early.name), undefined, "a volume of the create that never began");

      for (let round = 1; round <= 6; round += 1) {
        const request = { name: ctx.name(`round-${round}`), capacity };
        const afterMs = round === 1 ? 1 : ctx.random.integer(40);
        if (round % 2 === 0) await expectPrompt(ctx, "CANCELLED", afterMs, (signal) => driver.createVolume(request, { signal }));
        else await expectPrompt(ctx, "DEADLINE_EXCEEDED", afterMs, () => driver.createVolume(request, { timeoutMs: Math.max(1, afterMs) }));
        const replayed = await replay(ctx, driver, request);
        await expectOneVolume(ctx, request, [replayed, await driver.createVolume(request)]);
      }
    },
  },
  ...heldChecks,
  ...lateChecks,
];

/** Milliseconds after its end of patience within which a call has to return, on a machine that is busy. */
const promptMs = 2_000;

async function expectOneVolume(ctx: CheckContext, request: CreateVolumeRequest, made: readonly Volume[]): Promise<void> {
  const first = made.at(0);
  if (first === undefined) return;
  ctx.equal(made.map(({ id }) => id), made.map(() => first.id), `the ids that the callers of ${request.name} got`);
  const found = await ctx.driver.getVolume({ name: request.name });
  ctx.equal(identityOf(found), identityOf(first), "the volume of that name");
  const listed = (await readAllVolumes(ctx.driver)).filter(({ name }) => name === request.name);
  ctx.equal(listed.map(({ id }) => id), [first.id], "the ids of that name in the list");
}

/** One driver asks for a volume that exists while the other deletes it. */
async function raceCreateAndDelete(ctx: CheckContext, other: VolumeDriver, delayMs: number): Promise<void> {
  const { driver } = ctx;
  const request = { name: ctx.name("raced"), capacity: { requiredBytes: ctx.sizes.small } };
  const old = await driver.createVolume(request);
  const [created, deleted] = await Promise.allSettled([
    driver.createVolume(request),
    sleep(delayMs).then(() => other.deleteVolume({ id: old.id })),
  ]);
  for (const [operation, result] of [["createVolume", created], ["deleteVolume", deleted]] as const) {
    if (result.status === "fulfilled") continue;
    const lost = isSouthboundError(result.reason) && result.reason.code === "ABORTED";
    ctx.ok(lost, `${operation} succeeds, or is ABORTED because the other was first`, result.reason);
  }

  const after = await findByName(driver, request.name);
  const oldThere = await ctx.driver.getVolume({ id: old.id }).then(
    () => true,
    () => false,
  );
  if (deleted.status === "fulfilled") ctx.ok(!oldThere, "a volume whose delete succeeded is gone", old.id);
  else ctx.ok(oldThere, "a volume whose delete was ABORTED is there", old.id);
  if (created.status === "fulfilled" && created.value.id !== old.id) {
    ctx.equal(after?.id, created.value.id, "the id of the volume that the create made beside the delete");
  }
  const last = await replay(ctx, driver, request);
  if (after !== undefined) ctx.equal(last.id, after.id, "the id that a create after the race returned");
  await expectOneVolume(ctx, request, [last, await other.createVolume(request)]);
}

/** Makes a call whose caller loses patience, and fails unless it returns soon after and in the expected way. */
async function expectPrompt(
  ctx: CheckContext,
  code: "CANCELLED" | "DEADLINE_EXCEEDED",
  afterMs: number,
  call: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), afterMs);
  const beganMs = performance.now();
  try {
    await call(patience.signal);
  } catch (error) {
    ctx.ok(isSouthboundError(error) && error.code === code, `createVolume succeeds or ends with ${code}`, error);
  } finally {
    clearTimeout(timer);
  }
  const lateMs = Math.round(performance.now() - beganMs - afterMs);
  ctx.ok(lateMs < promptMs, `createVolume returns within ${promptMs} ms of ${code === "CANCELLED" ? "the abort" : "its deadline"}`, `${lateMs} ms later`);
}

/** The same request until nothing else is under way: ABORTED means that an earlier call has not ended yet. */
async function replay(ctx: CheckContext, driver: VolumeDriver, request: CreateVolumeRequest): Promise<Volume> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await driver.createVolume(request);
    } catch (error) {
      if (!isSouthboundError(error) || error.code !== "ABORTED" || attempt === 50) throw error;
      await sleep(100, undefined, { signal: ctx.signal });
    }
  }
}
