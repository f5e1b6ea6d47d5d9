import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { CallEnd, Operation, VolumeDriver } from "@opensds/core";
import { expect, onTestFinished } from "vitest";

/** How a call ended, and how long after its deadline. */
export type Ended = { readonly elapsedMs: number; readonly overrunMs: number } & (
  | { readonly how: "returned"; readonly value: unknown }
  | { readonly how: "failed"; readonly error: unknown }
);

/**
 * Calls, and measures the end against a timer of the same length that was set just before: a machine under load delays both. What is
 * left is what the call itself takes beyond its deadline.
 */
export async function timed(timeoutMs: number, call: (options: { readonly timeoutMs: number }) => Promise<unknown>): Promise<Ended> {
  const began = performance.now();
  let due: number | undefined;
  const timer = setTimeout(() => {
    due = performance.now();
  }, timeoutMs);
  const taken = () => {
    clearTimeout(timer);
    const now = performance.now();
    return { elapsedMs: now - began, overrunMs: due === undefined ? 0 : now - due };
  };
  try {
    const value = await call({ timeoutMs });
    return { how: "returned", value, ...taken() };
  } catch (error) {
    return { how: "failed", error, ...taken() };
  }
}

/** What the test collects from the channel: calls that ended when nobody waited any more. */
export function watchLateEnds(operation: Operation): readonly CallEnd[] {
  const ends: CallEnd[] = [];
  const note = (message: unknown): void => {
    if (isCallEnd(message) && message.late && message.operation === operation) ends.push(message);
  };
  subscribe("opensds:call:end", note);
  onTestFinished(() => void unsubscribe("opensds:call:end", note));
  return ends;
}

const isCallEnd = (message: unknown): message is CallEnd => typeof message === "object" && message !== null && "late" in message;

/** The names of a driver's volumes, each as often as it is there. */
export async function namesOf(driver: VolumeDriver): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of driver.listVolumes()) names.push(name);
  return names.sort();
}

/** Notes how long the event loop was held up: by this test, or by whatever else runs on the machine. Stops with the test. */
export function watchLag(): { readonly mostMs: () => number } {
  const everyMs = 5;
  let last = performance.now();
  let mostMs = 0;
  const look = (): void => {
    const now = performance.now();
    mostMs = Math.max(mostMs, now - last - everyMs);
    last = now;
  };
  const timer = setInterval(look, everyMs);
  onTestFinished(() => clearInterval(timer));
  return {
    mostMs: () => {
      look();
      return mostMs;
    },
  };
}

/** Every call ended at once when its deadline came, whatever the driver did: what is beyond, the machine took. */
export function expectInTime(ended: readonly Ended[], lag: ReturnType<typeof watchLag>, mostMs: number): void {
  expect(Math.max(...ended.map(({ overrunMs }) => overrunMs))).toBeLessThan(25 + lag.mostMs());
  expect(Math.max(...ended.map(({ elapsedMs }) => elapsedMs))).toBeLessThan(mostMs);
}
