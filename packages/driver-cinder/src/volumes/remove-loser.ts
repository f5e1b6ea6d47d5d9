import type { Call } from "../call.js";
import { isLeaving, isLost, isStuck, writtenFate } from "./fate.js";
import { disown } from "./disown.js";
import { isOverdue } from "./lost-orders.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { requestOf } from "../records/records.js";
import { denyClaims, settleFate } from "./settle-fate.js";
import { stateOf } from "./states.js";
import { failedWith } from "../transport/failure.js";

/**
 * Has a candidate dropped and removes it, unless it turns out to be kept. Waits while Cinder is still making it, unless it has probably lost
 * the order, and until it is surely on its way out.
 */
export async function removeLoser(project: Project, call: Call, id: string): Promise<void> {
  const { volumes } = project;
  const pacer = createPacer();
  for (;;) {
    const volume = await volumes.get(call, id);
    if (volume === undefined || isLeaving(volume)) return;
    if (stateOf(volume.status) === "creating") {
      if (isLost(volume) || isOverdue(project, volume)) return;
    } else {
      if ((await settleFate(project, call, volume, "dropped")) !== "dropped") return;
      if (requestOf(volume)?.imported === true) {
        // It was somebody's before, and stays that.
        await disown(project, call, volume);
        return;
      }
      if (isStuck(volume)) return;
      if (await remove(project, call, id)) return;
    }
    await pacer.next(call);
  }
}

/**
 * Removes a candidate of our own that came to be in error. We have claimed it perhaps, but given it to nobody; whoever else would give it to
 * somebody has written before that it is kept: then it stays. False: it does.
 */
export async function removeFailed(project: Project, call: Call, id: string): Promise<boolean> {
  const pacer = createPacer();
  for (;;) {
    const volume = await project.volumes.get(call, id);
    if (volume === undefined || isLeaving(volume)) return true;
    if (writtenFate(volume) === "kept" || stateOf(volume.status) !== "error") return false;
    // Should Cinder not delete it, it is not to look like somebody's.
    await denyClaims(project, call, volume);
    if (isStuck(volume)) return true;
    if (await remove(project, call, id)) return true;
    await pacer.next(call);
  }
}

/** False: it is not free. */
async function remove({ volumes }: Project, call: Call, id: string): Promise<boolean> {
  await call.ctx.step("remove-dropped");
  try {
    await volumes.remove(call, id);
    return true;
  } catch (thrown) {
    // Reserved by somebody who proposed at the same time: a moment later it is free.
    if (!failedWith(thrown, 400)) throw thrown;
    return false;
  }
}
