import type { Call } from "../call.js";
import type { Pacer } from "../poll.js";
import type { Project } from "../project.js";
import { keys } from "../records/records.js";
import type { CinderVolume } from "../transport/shapes.js";
import { isClaimed, isContested, writtenFate } from "./fate.js";
import { candidatesOf } from "./get-volume.js";
import { isOverdue } from "./lost-orders.js";
import { stateOf } from "./states.js";

/** A candidate that this call has made. */
export interface OwnCandidate {
  readonly id: string;
  /** The number that it was made with. */
  readonly maker: string;
}

/**
 * The short way of a create that meets nobody: it looks once more, says on its candidate that it is alone, and waits until Cinder has
 * made it. Seen with that word and contested by nobody, the volume is kept: see decision 4. Undefined where the long way has to decide.
 */
export async function claimAlone(project: Project, call: Call, name: string, own: OwnCandidate, pacer: Pacer): Promise<CinderVolume | undefined> {
  const { volumes } = project;
  const candidates = await candidatesOf(project, call, name);
  const isOpen = (volume: CinderVolume): boolean => writtenFate(volume) === undefined && !isContested(volume);
  const mine = candidates.find(({ id }) => id === own.id);
  if (mine === undefined || !isOpen(mine) || !candidates.every((volume) => volume === mine || writtenFate(volume) === "dropped")) return undefined;
  await call.ctx.step("claim");
  if (!(await volumes.addMetadata(call, own.id, { [keys.alone]: own.maker }))) return undefined;
  const watch = project.looks("creating", own.id);
  try {
    for (;;) {
      const volume = await watch.look(call);
      if (volume === undefined || !isOpen(volume)) return undefined;
      if (volume.status === "available") return isClaimed(volume) ? volume : undefined;
      if (stateOf(volume.status) !== "creating" || isOverdue(project, volume)) return undefined;
      await pacer.next(call);
    }
  } finally {
    watch.end();
  }
}
