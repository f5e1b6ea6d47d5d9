import { requireFacets, supports, type DriverWith, type Orphan, type Volume, type VolumeId } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { answerPoint } from "../run/crash-points.js";
import { lastingOrphans, orphanName } from "../run/orphans.js";
import type { TestWorker } from "../run/test-worker.js";
import { importables, letGo } from "./support/imports.js";
import { cutOf, cutSnapshot } from "./support/snapshots.js";
import { identityOf } from "./support/volumes.js";

/** What is told twice, this many milliseconds apart, is not just being made by somebody else. */
const settleMs = 200;

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
      let halfDone = 0;
      for (const operation of ["createVolume", "deleteVolume"]) {
        const steps = await stepsOf(ctx, operation);
        // Killed before its last step, an operation of several has begun and has not ended.
        if (steps < 2) continue;
        halfDone += 1;
        // Its last steps may be looks at what is whole already, and not as many every time: then an earlier one.
        let killed = 0;
        for (let step = steps; step >= 2 && (killed === 0 || mended.length === 0); step -= 1) {
          if (!(await killedAt(ctx, operation, step))) continue;
          killed += 1;
          mended = [...mended, ...(await expectMended(ctx, driver))];
        }
        ctx.ok(killed > 0, `a process dies before one of ${steps} steps of ${operation}`, killed);
      }
      if (halfDone === 0) ctx.skip("each operation of this backend is one step, so that none can be killed half-way");
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

/** How many steps an operation has, when nobody kills it. */
async function stepsOf(ctx: CheckContext, operation: string): Promise<number> {
  const worker = await ctx.worker();
  const run = await prepared(ctx, worker, operation);
  await worker.dieAtStep(0);
  await run();
  // Before its answer an operation is not half-way any more.
  return (await worker.steps()).filter((point) => point !== answerPoint).length;
}

/** Runs an operation in a process that dies before one of its steps; false: it took fewer this time, and ended. */
async function killedAt(ctx: CheckContext, operation: string, step: number): Promise<boolean> {
  const worker = await ctx.worker();
  const run = await prepared(ctx, worker, operation);
  await worker.dieAtStep(step);
  return run().then(
    () => false,
    () => true,
  );
}

async function prepared(ctx: CheckContext, worker: TestWorker, operation: string): Promise<() => Promise<unknown>> {
  if (operation === "createVolume") {
    const request = { name: ctx.name("killed"), capacity: { requiredBytes: ctx.sizes.small } };
    return () => worker.createVolume(request);
  }
  const id: VolumeId = (await ctx.create("killed")).id;
  return () => worker.deleteVolume({ id });
}

/** Looks twice without a repair, repairs, and fails unless what both looks found is gone then. Returns that. */
async function expectMended(ctx: CheckContext, driver: DriverWith<"reconciliation">): Promise<readonly Orphan[]> {
  const left = await settled(driver);
  ctx.equal(left.filter(({ repaired }) => repaired), [], "what was repaired though no repair was asked for");
  const mendable = left.filter(({ action }) => action !== "report");
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

/** What two looks in a row find. */
async function settled(driver: DriverWith<"reconciliation">): Promise<readonly Orphan[]> {
  const first = await driver.reconciliation.reconcile();
  await sleep(settleMs);
  const second = await driver.reconciliation.reconcile({ repair: false });
  return second.filter((orphan) => first.some((one) => isSame(one, orphan)));
}

const isSame = (one: Orphan, other: Orphan): boolean => one.kind === other.kind && one.reference === other.reference;
