import type { Call } from "../call.js";
import { isLeaving, settleFate } from "./fate.js";
import { disown } from "./disown.js";
import { createPacer } from "../poll.js";
import type { Project } from "../project.js";
import { requestOf } from "../records/records.js";
import { stateOf } from "./states.js";
import { failedWith } from "../transport/failure.js";

/**
 * Has a candidate dropped and removes it, unless it turns out to be kept. Waits while Cinder is still making it, and until it is
 * surely on its way out.
 */
export async function removeLoser(project: Project, call: Call, id: string): Promise<void> {
  const { volumes } = project;
  const pacer = createPacer();
  for (;;) {
    const volume = await volumes.get(call, id);
    if (volume === undefined || isLeaving(volume)) return;
    if (stateOf(volume.status) !== "creating") {
      if ((await settleFate(project, call, volume, "dropped")) !== "dropped") return;
      if (requestOf(volume)?.imported === true) {
        // It was somebody's before, and stays that.
        await disown(project, call, volume);
        return;
      }
      await call.ctx.step("remove-dropped");
      try {
        await volumes.remove(call, id);
        return;
      } catch (thrown) {
        // Reserved by somebody who proposed at the same time: a moment later it is free.
        if (!failedWith(thrown, 400)) throw thrown;
      }
    }
    await pacer.next(call);
  }
}
