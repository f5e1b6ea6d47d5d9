import type { VolumeHealth, VolumeId } from "@opensds/core";
import { hostOf } from "../attachments/attachment-facts.js";
import type { Call } from "../call.js";
import { proposalOf } from "../volumes/fate.js";
import { ownVolume } from "../volumes/get-volume.js";
import type { Project } from "../project.js";
import { stateOf } from "../volumes/states.js";

/** How a volume fares, as far as its project is told. */
export async function getHealth(project: Project, request: { readonly id: VolumeId }, call: Call<"getHealth">): Promise<VolumeHealth> {
  const volume = await ownVolume(project, call, request.id);
  if (volume === undefined) throw call.ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${request.id}`, { resource: request.id, outcome: "none" });
  const state = stateOf(volume.status);
  const attachments = (await project.volumes.attachments(call, volume.id)).filter((attachment) => proposalOf(attachment) === undefined);
  const openedBy = attachments.map((attachment) => hostOf(volume, attachment));
  // Cinder does not say what a volume occupies.
  const base = { used: { kind: "unknown" }, openedBy } as const;
  if (state === "available" || state === "in-use") return { ...base, condition: "healthy", findings: [] };
  const [why] = await project.volumes.messages(call, volume.id);
  const finding = `Cinder has it in state ${volume.status}${why === undefined ? "" : `: ${why}`}`;
  return { ...base, condition: state === "error" ? "failed" : "unknown", findings: [finding] };
}
