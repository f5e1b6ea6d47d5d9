import { setTimeout as sleep } from "node:timers/promises";
import type { CreateVolumeRequest, VolumeDriver } from "@opensds/core";
import { expect } from "vitest";
import { namesOf, timed, type Ended } from "./deadlines.js";
import { request } from "./support.js";

export const times = 100;
export const timeoutMs = 40;
/** Long enough after the deadline that an answer is late, and long before the guard lets go of a call that was given up. */
export const lateMs = 90;
/** Beyond the deadline, for a machine that has other work. */
export const mostMs = timeoutMs + 1_000;

export const requests: readonly CreateVolumeRequest[] = Array.from({ length: times }, (_, index) => request(`v-${String(index).padStart(2, "0")}`));
export const names = requests.map(({ name }) => name).sort();

export const deadline = { how: "failed", error: { code: "DEADLINE_EXCEEDED", reason: "deadline-exceeded", outcome: "unknown", operation: "createVolume" } };

/** All at once. */
export const createAll = (driver: VolumeDriver): Promise<readonly Ended[]> =>
  Promise.all(requests.map((one) => timed(timeoutMs, (options) => driver.createVolume(one, options))));

/** Asks again for what nobody knows the end of: every name is one volume then, and stays the one. */
export async function expectReplaysConverge(driver: VolumeDriver): Promise<void> {
  const replayed = await Promise.all(requests.map((one) => driver.createVolume(one, { timeoutMs: 20_000 })));
  expect(replayed.map(({ name }) => name).sort()).toEqual(names);
  await sleep(lateMs);
  expect(await namesOf(driver)).toEqual(names);
  expect(await Promise.all(requests.map(({ name }) => driver.getVolume({ name })))).toEqual(replayed);
}
