import type { Connection, HostId, VolumeId } from "@opensds/core";
import { mapBounded } from "../bounded.js";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import { ownVolume } from "../volumes/get-volume.js";
import { factsOf } from "./attachment-facts.js";
import { attachmentOf, currentAttachments, isConnected, isCurrent, noSuchVolume } from "./attachments.js";
import { connectionInfoOf } from "./connection-info.js";

/** The recorded attachments of one volume or of all, of one host or of all. One that Cinder has not been told the host of is not there yet. */
export async function listConnections(
  project: Project,
  request: { readonly volumeId?: VolumeId | undefined; readonly hostId?: HostId | undefined },
  call: Call<"listAttachments">,
): Promise<readonly Connection[]> {
  const { volumes } = project;
  const attachments = request.volumeId === undefined ? await volumes.allAttachments(call) : await currentAttachments(project, call, request.volumeId);
  const ids = request.volumeId === undefined ? [...new Set(attachments.map(({ volume_id: id }) => id))] : [request.volumeId];
  const found = await mapBounded(ids, 8, async (id) => {
    const volume = await ownVolume(project, call, id);
    if (volume === undefined) {
      if (request.volumeId === undefined) return [];
      throw noSuchVolume(project, call.ctx, id);
    }
    return attachments.flatMap((attachment) => {
      const facts = factsOf(volume, attachment.id);
      if (facts === undefined || attachment.volume_id !== id || !isConnected(attachment) || !isCurrent(attachment)) return [];
      if (request.hostId !== undefined && facts.connector.hostId !== request.hostId) return [];
      return [{ attachment: attachmentOf(id, attachment.id, facts), info: connectionInfoOf(project.config, attachment, facts.mode, call.ctx) }];
    });
  });
  return found.flat();
}
