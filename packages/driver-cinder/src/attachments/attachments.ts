import { attachmentId, volumeId, type Attachment, type CallContext, type SouthboundError } from "@opensds/core";
import type { Call } from "../call.js";
import type { Project } from "../project.js";
import type { CinderAttachment } from "../transport/shapes.js";
import type { AttachmentFacts } from "./attachment-facts.js";

/** What stands between a volume and a host now; Cinder keeps the ended ones for a while. */
export async function currentAttachments({ volumes }: Project, call: Call, id: string): Promise<readonly CinderAttachment[]> {
  return (await volumes.attachments(call, id)).filter(isCurrent);
}

/** Whether an attachment has not ended. */
export const isCurrent = ({ status }: CinderAttachment): boolean => status !== "detached" && status !== "deleted";

/** Whether Cinder has been told the host. */
export const isConnected = ({ connection_info: info }: CinderAttachment): boolean => info !== null && info !== undefined && Object.keys(info).length > 0;

/**
 * Whether an attachment is a reservation that names nobody: ours are, until they say for whom. One for an instance is another tool's, and may wait
 * for its server for long.
 */
export const isNobodys = ({ status, instance }: CinderAttachment): boolean => status === "reserved" && (instance ?? null) === null;

/** An attachment as the contract has it. */
export function attachmentOf(id: string, attachment: string, { connector, mode, attachedAt }: AttachmentFacts): Attachment {
  return { id: attachmentId(attachment), volumeId: volumeId(id), hostId: connector.hostId, mode, connector, attachedAt };
}

/** That there is no such volume. */
export function noSuchVolume(project: Project, ctx: CallContext, id: string): SouthboundError {
  return ctx.fail("NOT_FOUND", "volume-not-found", `project ${project.name} has no volume with the id ${id}`, { resource: id, outcome: "none" });
}
