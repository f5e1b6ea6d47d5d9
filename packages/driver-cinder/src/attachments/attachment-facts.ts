import { hostId, type AccessMode, type ConnectorFacts } from "@opensds/core";
import * as v from "valibot";
import { decodeRecord, encodeRecord, keys } from "../records/records.js";
import type { CinderAttachment, CinderVolume } from "../transport/shapes.js";

const factsShape = v.object({
  mode: v.picklist(["single-writer", "single-reader", "multi-reader", "multi-writer"]),
  connector: v.object({ hostId: v.string(), hostName: v.string(), bootId: v.string() }),
  attachedAt: v.string(),
});

/** Which host has a volume by an attachment: Cinder knows it too, and does not tell its users. */
export interface AttachmentFacts {
  readonly mode: AccessMode;
  readonly connector: ConnectorFacts;
  readonly attachedAt: string;
}

export const factsKey = (attachmentId: string): string => `${keys.attachment}.${attachmentId}`;

export const factsMetadata = (attachmentId: string, facts: AttachmentFacts): Record<string, string> => encodeRecord(factsKey(attachmentId), facts);

/** What is recorded about an attachment; undefined for another tool's, and for one that has only just been reserved. */
export function factsOf({ metadata }: Pick<CinderVolume, "metadata">, attachmentId: string): AttachmentFacts | undefined {
  const facts = decodeRecord(metadata, factsKey(attachmentId), factsShape);
  return facts && { ...facts, connector: { ...facts.connector, hostId: hostId(facts.connector.hostId) } };
}

/** Who has an attachment, for messages. */
export function hostOf(volume: CinderVolume, { id, instance }: CinderAttachment): string {
  return factsOf(volume, id)?.connector.hostId ?? (instance === null || instance === undefined ? `attachment ${id}` : `instance ${instance}`);
}
