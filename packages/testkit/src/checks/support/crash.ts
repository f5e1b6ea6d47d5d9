import type { CheckContext } from "../../check-context.js";
import type { TestWorker } from "../../run/test-worker.js";
import { isMark } from "../../run/crash-points.js";
import { lastingOrphans, orphansNow } from "../../run/orphans.js";
import { pause, timed } from "./held-driver.js";

/** One call that is to be killed and repeated. */
export interface CrashCase {
  /** As a worker takes it: `createVolume`, `snapshots.createSnapshot`. */
  readonly operation: string;
  /** Makes what the call needs, anew for each time. */
  prepare(): Promise<PreparedCall>;
}

/** A call on things of its own. */
export interface PreparedCall {
  readonly request: unknown;
  /** The same call, in this process. */
  replay(): Promise<unknown>;
  /** Fails unless all is as after one call that went well; ends what the call made. `when` says what had happened. */
  verify(when: string): Promise<void>;
}

/** Fewer points in these, and the driver's marks do not reach what the call does. */
const fewestPoints = 3;
const mustHavePoints = ["createVolume", "deleteVolume", "attachVolume", "mountVolume"];

/** Moments of the clock for a driver that marks nothing. */
const momentsWithoutMarks = 50;

/**
 * Has a process killed by SIGKILL at points of the call: before each step that the driver marks and each call that it makes to the outside
 * (that is: after the effect of the one before), before the answer, and at moments that the clock chooses; each time repeats the call here,
 * and looks for what is left over. At most `most` points, chosen by the seed; a driver that marks nothing gets 50 moments instead of one.
 */
export async function crashAndReplay(ctx: CheckContext, crash: CrashCase, most = 3): Promise<void> {
  const { operation } = crash;
  const orphans = await orphansNow(ctx.driver);
  const sound = await ctx.worker();
  const steps = await soundRun(ctx, crash, sound);
  const points = chosen(ctx, steps.names.length, ctx.thorough ? Infinity : most);
  const random = steps.names.some(isMark) ? 1 : momentsWithoutMarks;
  ctx.note(`${operation}: ${steps.names.length === 1 ? "1 point" : `${steps.names.length} points`}, killed at ${points.join(", ")} and at ${random === 1 ? "a moment" : `${random} moments`} of the clock`);
  if (mustHavePoints.includes(operation) && random === 1) {
    ctx.ok(steps.names.length >= fewestPoints, `${operation} has at least ${fewestPoints} points at which it can be killed; mark what changes something with ctx.step`, steps.names);
  }
  const moments: readonly (number | undefined)[] = [...points, ...Array.from({ length: random }, () => undefined)];
  for (const [index, at] of moments.entries()) {
    const worker = index === 0 ? sound : await ctx.worker();
    const prepared = await crash.prepare();
    const when =
      at === undefined ? `after ${operation} was killed on its way` : `after ${operation} was killed before ${steps.names[at - 1] ?? at} (point ${at} of ${steps.names.length})`;
    if (at === undefined) await killOnTheWay(ctx, worker, operation, prepared, steps.ms);
    else await killAtStep(ctx, worker, operation, prepared, at, when);
    const { result } = await timed(prepared.replay());
    if (result.status === "rejected") ctx.fail(`the same call by another process succeeds ${when}`, result.reason);
    await prepared.verify(when);
    const added = await lastingOrphans(() => orphansNow(ctx.driver), orphans, ctx.signal);
    ctx.equal(added, [], `what reconcile finds ${when} and repeated`);
  }
}

interface SoundRun {
  readonly names: readonly string[];
  readonly ms: number;
}

async function soundRun(ctx: CheckContext, crash: CrashCase, worker: TestWorker): Promise<SoundRun> {
  const { operation } = crash;
  const prepared = await crash.prepare();
  await worker.dieAtStep(0);
  const { result, ms } = await timed(worker.call(operation, prepared.request));
  if (result.status === "rejected") return ctx.fail(`${operation} succeeds in another process`, result.reason);
  const names = await worker.steps();
  await prepared.replay();
  await prepared.verify(`after ${operation} ended in another process and was repeated here`);
  return { names, ms };
}

async function killAtStep(ctx: CheckContext, worker: TestWorker, operation: string, prepared: PreparedCall, step: number, when: string): Promise<void> {
  await worker.dieAtStep(step);
  const { result } = await timed(worker.call(operation, prepared.request));
  // A call that needed fewer steps this time has ended: its replay has to do nothing.
  if (result.status === "fulfilled") return worker.kill();
  const died = result.reason instanceof Error && result.reason.message.includes("SIGKILL");
  ctx.ok(died, `the call goes on until its process is killed (${when})`, result.reason);
}

async function killOnTheWay(ctx: CheckContext, worker: TestWorker, operation: string, prepared: PreparedCall, ms: number): Promise<void> {
  const call = timed(worker.call(operation, prepared.request));
  await pause(ctx, Math.floor((ms * ctx.random.integer(100)) / 100));
  await worker.kill();
  await call;
}

/** Different steps, in order. */
function chosen(ctx: CheckContext, count: number, most: number): readonly number[] {
  const points = Array.from({ length: count }, (_step, index) => index + 1);
  while (points.length > most) points.splice(ctx.random.integer(points.length), 1);
  return points;
}
