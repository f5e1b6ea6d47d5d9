import { requireFacets, supports, type DriverWith, type Orphan, type Volume, type VolumeDriver, type VolumeId } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { answerPoint, isMark } from "../run/crash-points.js";
import { lastingOrphans, orphanName } from "../run/orphans.js";
import type { TestWorker } from "../run/test-worker.js";
import { importables, letGo } from "./support/imports.js";
import { cutOf, cutSnapshot } from "./support/snapshots.js";
import { identityOf } from "./support/volumes.js";

/** What is told twice, this many milliseconds apart, is not just being made by somebody else. */
const settleMs = 200;
/** How long after its deadline a killed operation may be believed to be at work: SB-RECONCILE-1. */
const surelyEndedMs = 60_000;
/** Milliseconds between two looks for what is found when a deadline has passed. */
const lookAgainMs = 2_000;

/** What crashes leave behind. */
export const reconciliationChecks: readonly Check[] = [
  {
    id: "RECONCILIATION-1",
    family: "reconciliation",
    level: "full",
    title: "What killed creates and deletes left is found, stays until a repair is asked for, and is not found after it",
    rules: ["SB-RECONCILE-1", "SB-RECONCILE-2"],
    needs: ["processes"],
    facets: ["reconciliation"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "reconciliation");
      await leaveOthersAlone(ctx, driver);
      let mended: readonly Orphan[] = [];
      let isHidden = false;
      let halfDone = 0;
      let lastDeadline = 0;
      for (const operation of ["createVolume", "deleteVolume"]) {
        const { points, callTimeoutMs } = await halfWayPoints(ctx, operation);
        if (points.length === 0) continue;
        halfDone += 1;
        // Its last steps may be looks at what is whole already, and not as many every time: then an earlier one. Not where it is half-done, and
        // only not found yet: of that one is enough.
        let killed = 0;
        for (const point of points) {
          if (killed > 0 && (mended.length > 0 || isHidden)) break;
          const call = await killedAt(ctx, operation, point, callTimeoutMs);
          if (call === undefined) continue;
          lastDeadline = performance.now() + callTimeoutMs;
          killed += 1;
          mended = [...mended, ...(await expectMended(ctx, driver))];
          isHidden ||= mended.length === 0 && (await call.isHalfDone());
        }
        ctx.ok(killed > 0, `a process dies before one of ${points.length} steps of ${operation}`, killed);
      }
      if (halfDone === 0) ctx.skip("each operation of this backend is one step, so that none can be killed half-way");
      // A driver that cannot know whether a maker is dead leaves what it was making alone until the maker's deadline has surely passed.
      while (mended.length === 0 && performance.now() < lastDeadline + surelyEndedMs) {
        await sleep(lookAgainMs, undefined, { signal: ctx.signal });
        mended = await expectMended(ctx, driver);
      }
      ctx.ok(mended.length > 0, `something is left of ${halfDone} operations that were killed half-way`, mended);
    },
  },
  {
    id: "RECONCILIATION-2",
    family: "reconciliation",
    level: "full",
    title: "A repair leaves alone volumes, snapshots, attachments, what can be imported, and what is being made meanwhile",
    rules: ["SB-RECONCILE-3"],
    facets: ["reconciliation"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "reconciliation");
      await leaveOthersAlone(ctx, driver);
      const other = requireFacets(await ctx.open(), "reconciliation");
      const volume = await ctx.create("stays");
      const connects = ctx.manifest.protocols.length > 0;
      if (connects) await driver.connectVolume({ volumeId: volume.id, connector: ctx.otherHost("has") });
      const snapshot = supports(driver, "snapshots") ? await cutSnapshot(ctx, driver, volume, "stays") : undefined;
      const reference = supports(driver, "imports") ? await letGo(ctx, driver, await ctx.create("others")) : undefined;
      const attachments = await driver.listAttachments({ volumeId: volume.id, hostId: "all" });

      const made: Volume[] = [];
      const done = new AbortController();
      const repairs = (async () => {
        do await other.reconciliation.reconcile({ repair: true });
        while (!done.signal.aborted);
      })();
      try {
        for (let count = 0; count < 5; count += 1) made.push(...(await Promise.all([ctx.create("made"), ctx.create("made-too")])));
      } finally {
        done.abort();
        await repairs;
      }

      for (const one of [volume, ...made]) {
        ctx.equal(identityOf(await driver.getVolume({ id: one.id })), identityOf(one), "a volume after the repairs");
      }
      ctx.equal(await driver.listAttachments({ volumeId: volume.id, hostId: "all" }), attachments, "the attachments after the repairs");
      if (snapshot !== undefined && supports(driver, "snapshots")) {
        ctx.equal(cutOf(await driver.snapshots.getSnapshot({ id: snapshot.id })), cutOf(snapshot), "the snapshot after the repairs");
      }
      if (reference !== undefined && supports(driver, "imports")) {
        ctx.ok((await importables(driver)).has(reference), "what is no volume of this interface can still be imported", reference);
      }
    },
  },
];

/** Where an operation can be killed half-way. */
interface HalfWay {
  /** Numbers of points as a worker counts them, the last one first. */
  readonly points: readonly number[];
  /** Enough for the operation until it is killed, and not much more: until then a driver may take it for alive. */
  readonly callTimeoutMs: number;
}

/**
 * Runs an operation that nobody kills, and says where it can be: before each step that the driver marks, since between two of them nothing changes;
 * where it does not, before each call that it makes to the outside. Not before the first: by then nothing has begun.
 */
async function halfWayPoints(ctx: CheckContext, operation: string): Promise<HalfWay> {
  const worker = await ctx.worker();
  const { run } = await prepared(ctx, worker, operation);
  await worker.dieAtStep(0);
  const startedAt = performance.now();
  await run();
  const ms = performance.now() - startedAt;
  const names = await worker.steps();
  // Before its answer an operation is not half-way any more.
  const all = names.flatMap((name, index) => (name === answerPoint ? [] : [index + 1]));
  const marked = names.flatMap((name, index) => (isMark(name) ? [index + 1] : []));
  return { points: (marked.length > 1 ? marked : all).slice(1).reverse(), callTimeoutMs: 10_000 + Math.ceil(2 * ms) };
}

/** A call on something of its own. */
interface PreparedCall {
  readonly run: () => Promise<unknown>;
  /** Whether it was surely cut off before it had done what it is for; where that cannot be told, false. */
  readonly isHalfDone: () => Promise<boolean>;
}

/** Runs an operation in a process that dies before one of its steps; undefined: it took fewer this time, and ended. */
async function killedAt(ctx: CheckContext, operation: string, point: number, callTimeoutMs: number): Promise<PreparedCall | undefined> {
  const worker = await ctx.worker({ callTimeoutMs });
  const call = await prepared(ctx, worker, operation);
  await worker.dieAtStep(point);
  return call.run().then(
    () => undefined,
    () => call,
  );
}

async function prepared(ctx: CheckContext, worker: TestWorker, operation: string): Promise<PreparedCall> {
  if (operation === "createVolume") {
    const request = { name: ctx.name("killed"), capacity: { requiredBytes: ctx.sizes.small } };
    return { run: () => worker.createVolume(request), isHalfDone: async () => !(await isListed(ctx.driver, request.name)) };
  }
  const id: VolumeId = (await ctx.create("killed")).id;
  return { run: () => worker.deleteVolume({ id }), isHalfDone: () => Promise.resolve(false) };
}

async function isListed(driver: VolumeDriver, name: string): Promise<boolean> {
  for await (const volume of driver.listVolumes()) if (volume.name === name) return true;
  return false;
}

/** Looks twice without a repair, repairs what both looks found, and fails unless it is gone then. Returns it. */
async function expectMended(ctx: CheckContext, driver: DriverWith<"reconciliation">): Promise<readonly Orphan[]> {
  const mendable = (await settled(ctx, driver)).filter(({ action }) => action !== "report");
  if (mendable.length === 0) return [];
  const repairs = await driver.reconciliation.reconcile({ repair: true });
  for (const orphan of mendable) {
    const told = repairs.find((one) => isSame(one, orphan));
    ctx.ok(told?.repaired === true, `the repair mends ${orphan.kind} ${orphan.reference}, which was found before`, told ?? repairs);
  }
  const after = await lastingOrphans(async () => (await mendableNow(driver)).map(orphanName), [], ctx.signal);
  ctx.equal(after, [], "what a second run finds after the repair, but for what only an operator can decide");
  return mendable;
}

/** A repair mends what anybody has left. So none is tried where somebody else has left something. */
async function leaveOthersAlone(ctx: CheckContext, driver: DriverWith<"reconciliation">): Promise<void> {
  const theirs = (await mendableNow(driver)).map(orphanName).filter((one) => ctx.orphansBefore.includes(one));
  if (theirs.length === 0) return;
  ctx.skip(`a repair would mend what others have left here too: ${theirs.join(", ")}; mend it first (opensds reconcile --repair)`, "environment");
}

async function mendableNow(driver: DriverWith<"reconciliation">): Promise<readonly Orphan[]> {
  return (await driver.reconciliation.reconcile()).filter(({ action }) => action !== "report");
}

/** What two looks in a row find, neither of which mends anything. */
async function settled(ctx: CheckContext, driver: DriverWith<"reconciliation">): Promise<readonly Orphan[]> {
  const first = await driver.reconciliation.reconcile();
  await sleep(settleMs);
  const second = await driver.reconciliation.reconcile({ repair: false });
  ctx.equal([...first, ...second].filter(({ repaired }) => repaired), [], "what was repaired though no repair was asked for");
  return second.filter((orphan) => first.some((one) => isSame(one, orphan)));
}

const isSame = (one: Orphan, other: Orphan): boolean => one.kind === other.kind && one.reference === other.reference;
