import { hostId, isSouthboundError, type VolumeDriver } from "@opensds/core";
import { readJournal, removeJournal, type Journalled } from "../../run/journal.js";
import { suitePrefix } from "../../run/names.js";
import { within } from "../../run/time-limit.js";
import { BadInput } from "../../target/bad-input.js";
import { openTarget } from "../../target/open-target.js";
import type { ConformanceTarget } from "../../target/target.js";
import { backendLeftovers } from "./backend-leftovers.js";
import { detachLoops, removeDirectories, unmountBelow } from "./host-leftovers.js";

/** What cleaning up did. */
export interface CleanResult {
  readonly removed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly problem: string }[];
}

/** One thing to remove. */
export interface Leftover {
  /** What it is and how it is called: `volume "sbconf-..."`. */
  readonly name: string;
  remove(): Promise<void>;
}

/** A thing may be kept by another that goes in the same pass, such as a snapshot by its clone. */
const mostPasses = 6;

/**
 * Removes everything that a run left whose names contain its prefix: on this host mounts, devices and directories; in the backend groups,
 * clones, snapshots, volumes with their attachments, the trash, what was let go of, and fences.
 */
export async function removeLeftovers(target: ConformanceTarget, prefix: string, timeoutMs = 60_000): Promise<CleanResult> {
  if (!/^sbconf-[0-9a-f]{8}/.test(prefix)) {
    throw new BadInput(`the prefix ${JSON.stringify(prefix)} is not one of this suite's, which are ${suitePrefix} and eight hexadecimal digits: nothing was removed`);
  }
  const opened = await within(openTarget(target), timeoutMs, "opening the target");
  const { driver } = opened;
  try {
    await within(driver.setup({ timeoutMs }), timeoutMs + 1_000, "setup");
    return await cleanUp(driver, prefix, readJournal(prefix));
  } finally {
    await within(opened.close(), timeoutMs, "closing the target");
  }
}

async function cleanUp(driver: VolumeDriver, prefix: string, journalled: Journalled): Promise<CleanResult> {
  const removed: string[] = [];
  let failed = new Map<string, string>();
  const attempt = async (leftover: Leftover): Promise<void> => {
    const { name } = leftover;
    try {
      await leftover.remove();
      removed.push(name);
      failed.delete(name);
    } catch (error) {
      failed.set(name, isSouthboundError(error) ? `${error.code} ${error.reason}: ${error.message}` : error instanceof Error ? error.message : String(error));
    }
  };
  for (const one of await unmountBelow(prefix)) await attempt(one);
  for (const id of journalled.hosts) {
    const { fencing } = driver;
    if (fencing !== undefined) await attempt({ name: `fence of host ${id}`, remove: () => fencing.unfenceHost({ hostId: hostId(id) }) });
  }
  const ids = new Set(journalled.volumes);
  for (let pass = 1; pass <= mostPasses; pass += 1) {
    failed = new Map();
    const before = removed.length;
    for (const one of await backendLeftovers(driver, prefix, ids, journalled.groupSnapshots)) await attempt(one);
    if (removed.length === before) break;
  }
  // Last: before, a volume's own detach had the first word.
  for (const one of await detachLoops(prefix, ids)) await attempt(one);
  for (const one of await removeDirectories(prefix)) await attempt(one);
  if (failed.size === 0) removeJournal(prefix);
  return { removed, failed: [...failed].map(([name, problem]) => ({ name, problem })) };
}
