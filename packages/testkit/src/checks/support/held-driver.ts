import type { Operation, VolumeDriver } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { CheckContext } from "../../check-context.js";

/** A driver whose next call of an operation stops for as long as the check wants, where it is about to change something. */
export interface HeldDriver {
  readonly driver: VolumeDriver;
  /** The steps that were reached, the held one included. */
  readonly steps: readonly string[];
  /** Waits until `call` is held; skips the check when the driver ends the call without a step to hold it at. */
  readonly held: (call: Promise<unknown>) => Promise<void>;
  /** Lets it go on. */
  readonly release: () => void;
}

/**
 * Opens a driver that is deaf at the first step of one operation: as when the backend never answers, or the driver's own code hangs
 * and does not hear the signal. Only the first call is held.
 */
export async function holdFirst(ctx: CheckContext, operation: Operation): Promise<HeldDriver> {
  const steps: string[] = [];
  let report: () => void = () => undefined;
  let release: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (report = resolve));
  const gate = new Promise<void>((resolve) => (release = resolve));
  const driver = await ctx.open({
    onStep: async (running, step) => {
      if (running !== operation) return;
      steps.push(step);
      if (steps.length > 1) return;
      report();
      await gate;
    },
  });
  // The hold ends with the check, whatever happens to it.
  ctx.signal.addEventListener("abort", () => release(), { once: true });
  const held: HeldDriver["held"] = async (call) => {
    const ended = call.then(
      () => true,
      () => true,
    );
    const came = await Promise.race([reached.then(() => false), ended]);
    if (came) ctx.skip(`this driver marks no step in ${operation} at which a call could be held`, "environment");
  };
  return { driver, steps, held, release: () => release() };
}

/** What a call came to, and how many milliseconds it took. */
export async function timed<Value>(call: Promise<Value>): Promise<{ readonly result: PromiseSettledResult<Value>; readonly ms: number }> {
  const beganMs = performance.now();
  const [result] = await Promise.allSettled([call]);
  return { result, ms: performance.now() - beganMs };
}

/** Milliseconds after its end of patience within which a call has to return, on a machine that is busy. */
export const promptMs = 2_000;

/** Waits, and no longer than the check lasts. */
export const pause = (ctx: CheckContext, ms: number): Promise<void> => sleep(ms, undefined, { signal: ctx.signal });
