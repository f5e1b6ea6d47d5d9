import type { DisconnectVolumeRequest } from "@opensds/core";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { piecesOf } from "../records/records.js";
import { ownVolume } from "../volumes/get-volume.js";
import { factsKey } from "./attachment-facts.js";

/** Removes an attachment, and then what is written about it. Not there is success. */
export async function disconnectVolume(project: Project, request: DisconnectVolumeRequest, call: Call<"disconnectVolume">): Promise<void> {
  await giveUp(project, call, request.volumeId, request.attachmentId);
}

/** Removes an attachment that was not completed, or is not wanted any more. */
export async function giveUp(project: Project, call: Call, id: string, attachment: string): Promise<void> {
  const { volumes } = project;
  const volume = await ownVolume(project, call, id);
  if (volume === undefined) return;
  if ((await volumes.attachments(call, id)).some((there) => there.id === attachment)) {
    await call.ctx.step("detach");
    await volumes.detach(call, attachment);
  }
  for (const key of piecesOf(volume.metadata, factsKey(attachment))) {
    await call.ctx.step("forget-host");
    await volumes.removeMetadata(call, id, key);
  }
}
