import { labPaths, type RootOption } from "../paths.js";
import { sleep } from "../wait.js";
import { ceph } from "./admin.js";
import { parseStatus, type PgSummary } from "./health.js";
import type { DaemonName } from "./layout.js";

/** OSDs tell of their groups every 5 s: until then there may be one that nobody sees. */
const quietLooks = 8;
/** Seen so often in a row, one a second, it is not the moment in which an OSD wakes up. */
const stuckLooks = 7;

export const hasLaggy = ({ states }: Pick<PgSummary, "states">): boolean => Object.keys(states).some((state) => state.split("+").includes("laggy"));

/**
 * Looks whether an OSD that was paused serves all its placement groups again, and helps where it does not: then true, and it serves them in a
 * moment. An OSD that stood still for
 * longer than half its read lease (8 s) finds a group laggy at its first request, and this release may leave it so for ever, every request to it
 * waiting, though nothing is wrong with it any more (tracker.ceph.com issues 53806 and 80404; github.com/ceph/ceph-container issue 1682). Marked
 * down for a moment, it begins a new interval, which ends that.
 */
export async function freeLaggyGroups(name: DaemonName, options: RootOption = {}): Promise<boolean> {
  const paths = labPaths(options);
  let laggy = 0;
  for (let look = 0; laggy > 0 || look < quietLooks; look += 1) {
    await sleep(1_000);
    laggy = hasLaggy(parseStatus(await ceph(paths, ["status", "--format", "json"]))) ? laggy + 1 : 0;
    if (laggy < stuckLooks) continue;
    await ceph(paths, ["osd", "down", name]);
    return true;
  }
  return false;
}
