import type { Call } from "../call.js";
import type { Project } from "../project.js";
import type { CinderVolume } from "../transport/shapes.js";
import { proposalOf } from "./fate.js";
import { finishProposals } from "./settle-fate.js";
import { stateOf } from "./states.js";

/** Whether nothing that lasts has a volume: it is only decided about, which is brought to its end, or was reserved when we looked and is free again. */
export async function isFreeSoon(project: Project, call: Call, { id, status }: CinderVolume): Promise<boolean> {
  if (stateOf(status) !== "in-use") return false;
  const attachments = await project.volumes.attachments(call, id);
  if (attachments.length === 0) return (await project.volumes.get(call, id))?.status !== status;
  if (!attachments.every((attachment) => proposalOf(attachment) !== undefined)) return false;
  await finishProposals(project, call, id);
  return true;
}
