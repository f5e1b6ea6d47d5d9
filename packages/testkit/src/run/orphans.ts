import type { Orphan, VolumeDriver } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks, and how many: others may work on the backend, and be killed there and repeated as we are. */
const lookAgainMs = 500;
const looks = 10;

/** An orphan in words that can be compared. */
export const orphanName = ({ kind, reference }: Orphan): string => `${kind} ${reference}`;

/** What a look without a repair finds; nothing where the backend has no such facet. */
export async function orphansNow(driver: VolumeDriver): Promise<readonly string[]> {
  return ((await driver.reconciliation?.reconcile()) ?? []).map(orphanName);
}

/** What is found, was not known before, and stays: what others are about to finish is no orphan a moment later. */
export async function lastingOrphans(find: () => Promise<readonly string[]>, known: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  let lasting = (await find()).filter((one) => !known.includes(one));
  for (let look = 2; look <= looks && lasting.length > 0; look += 1) {
    await sleep(lookAgainMs, undefined, { signal });
    const now = await find();
    lasting = lasting.filter((one) => now.includes(one));
  }
  return lasting;
}
