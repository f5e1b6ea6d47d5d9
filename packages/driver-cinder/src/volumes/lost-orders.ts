import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { keys } from "../records/records.js";
import type { CinderVolume } from "../transport/shapes.js";
import { isContested, isLost } from "./fate.js";
import { candidatesOf, timeOf } from "./get-volume.js";
import { contest } from "./settle-fate.js";
import { stateOf } from "./states.js";

/** Whether Cinder has been making it for so long that it has probably lost the order. */
export const isOverdue = ({ config }: Project, { created_at: created }: CinderVolume): boolean => Date.now() - Date.parse(timeOf(created)) >= config.lostAfterMs;

/**
 * Cinder's order to make a volume is a message, which goes with the broker when that dies; the volume is then creating for ever, and
 * cannot even be deleted.
 */
export async function giveUpLost(project: Project, call: Call, volume: CinderVolume): Promise<void> {
  if (stateOf(volume.status) === "creating" && isOverdue(project, volume)) await giveUp(project, call, volume);
}

/**
 * Cinder looks for the source once more when it has put down the new volume. Where that has gone it refuses the request, and leaves the volume
 * creating for ever: nobody is to wait for it.
 */
export async function giveUpRefused(project: Project, call: Call, name: string, maker: string): Promise<void> {
  for (;;) {
    const left = (await candidatesOf(project, call, name)).find(({ metadata }) => metadata[keys.maker] === maker);
    if (left === undefined || stateOf(left.status) !== "creating" || isLost(left)) return;
    await giveUp(project, call, left);
  }
}

/** It is contested first, then marked as lost; each is believed only where it is seen on a volume that is creating still: see decision 4. */
async function giveUp(project: Project, call: Call, volume: CinderVolume): Promise<void> {
  if (!isContested(volume)) {
    await contest(project, call, volume.id);
    return;
  }
  await call.ctx.step("give-up-lost");
  await project.volumes.addMetadata(call, volume.id, { [keys.lost]: "1" });
}
