import { removeVolume } from "../run/remove-volume.js";
import { suitePrefix } from "../run/names.js";
import { within } from "../run/time-limit.js";
import { BadInput } from "../target/bad-input.js";
import { openTarget } from "../target/open-target.js";
import type { ConformanceTarget } from "../target/target.js";

/** What cleaning up did. */
export interface CleanResult {
  readonly removed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly problem: string }[];
}

/** Removes the volumes whose names contain a run's prefix, with their mounts, devices and attachments. */
export async function removeLeftovers(target: ConformanceTarget, prefix: string, timeoutMs = 60_000): Promise<CleanResult> {
  if (!prefix.startsWith(suitePrefix)) {
    throw new BadInput(`the prefix ${JSON.stringify(prefix)} is not one of this suite's, which begin with ${suitePrefix}: nothing was removed`);
  }
  const opened = await within(openTarget(target), timeoutMs, "opening the target");
  const { driver } = opened;
  try {
    await driver.setup({ timeoutMs });
    const leftovers = [];
    for await (const volume of driver.listVolumes({ pageSize: 1000 })) if (volume.name.includes(prefix)) leftovers.push(volume);
    const removed: string[] = [];
    const failed: { name: string; problem: string }[] = [];
    for (const { id, name } of leftovers) {
      try {
        await removeVolume(driver, id);
        removed.push(name);
      } catch (error) {
        failed.push({ name, problem: error instanceof Error ? error.message : String(error) });
      }
    }
    return { removed, failed };
  } finally {
    await opened.close();
  }
}
