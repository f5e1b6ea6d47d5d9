import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallContext } from "../driver/call-context.js";
import { listDirectory, readAttribute } from "./block-device.js";
import { complaint, run } from "./command.js";
import { growFailed } from "./grow-failed.js";
import { commandOf, processIds } from "./held.js";
import type { HostLock } from "./host-lock.js";

/** A multipath device over several paths to one unit. */
export interface MultipathMap {
  /** `dm-0`. */
  readonly name: string;
  /** The device mapper's name of it, such as `mpatha`. */
  readonly mapName: string;
}

/** How long the daemon may take to put its device over a path that has just come. */
const claimedWithinMs = 10_000;

/** The multipath device that owns a disk; undefined when none does. */
export async function multipathOver(disk: string, sysfs = "/sys"): Promise<MultipathMap | undefined> {
  for (const name of await listDirectory(join(sysfs, "block", disk, "holders"))) {
    const uuid = await readAttribute(join(sysfs, "block", name, "dm/uuid"));
    if (uuid?.startsWith("mpath-") !== true) continue;
    return { name, mapName: (await readAttribute(join(sysfs, "block", name, "dm/name"))) ?? name };
  }
  return undefined;
}

/** Whether the multipath daemon runs, which takes paths as they come. */
export async function multipathDaemonRuns(): Promise<boolean> {
  const commands = await Promise.all((await processIds()).map(commandOf));
  return commands.includes("multipathd");
}

/** Waits for the daemon to take one of these disks; undefined when it does not want them. */
export async function waitForMultipath(disks: readonly string[], ctx: CallContext): Promise<MultipathMap | undefined> {
  const until = performance.now() + Math.min(claimedWithinMs, ctx.remainingMs() / 2);
  for (;;) {
    for (const disk of disks) {
      const map = await multipathOver(disk);
      if (map !== undefined) return map;
    }
    if (performance.now() > until) return undefined;
    await sleep(100, undefined, { signal: ctx.signal });
  }
}

/** Takes a multipath device away, which nobody holds. Its paths stay. */
export async function removeMultipath(map: MultipathMap, lock: HostLock, ctx: CallContext): Promise<void> {
  await ctx.step("multipath-flush");
  const [tool, args] = (await multipathDaemonRuns()) ? (["multipath", ["-f", map.mapName]] as const) : (["dmsetup", ["remove", map.mapName]] as const);
  const result = await run(ctx, tool, args, { lockFd: lock.fd });
  if (result.exitCode === 0 || (await readAttribute(`/sys/block/${map.name}/dm/name`)) !== map.mapName) return;
  throw ctx.fail("UNAVAILABLE", "detach-failed", `cannot remove the multipath device ${map.mapName}: ${complaint(tool, result)}`);
}

/** Lets a multipath device take the new size of its paths. */
export async function growMultipath(map: MultipathMap, lock: HostLock, ctx: CallContext): Promise<void> {
  await ctx.step("multipath-resize");
  const result = await run(ctx, "multipathd", ["resize", "map", map.mapName], { lockFd: lock.fd });
  if (result.exitCode === 0 && !/fail/iu.test(result.stdout)) return;
  throw growFailed(ctx, `the multipath device ${map.mapName} does not take the new size of its paths: ${complaint("multipathd", result)}`);
}
