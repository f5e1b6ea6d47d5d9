import { attachmentId, hostId, volumeId, type Attachment, type FormatRecord, type Volume, type VolumeId } from "@opensds/core";
import * as v from "valibot";

/** Everything that is stored about one volume. It changes as a whole, by one conditional write at a time. */
export interface VolumeRecord {
  /** The version of this layout. */
  readonly layout: 1;
  readonly id: VolumeId;
  readonly name: string;
  readonly sizeBytes: number;
  /** The size that the volume was made with: what a replayed create's `limitBytes` is compared with. */
  readonly createdSizeBytes: number;
  /** What the creator asked for, no defaults added: what a replayed create's `parameters` are compared with. */
  readonly parameters: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly attachments: readonly Attachment[];
  readonly format: FormatRecord | null;
}

const brandedHostId = v.pipe(v.string(), v.transform(hostId));

const recordSchema = v.object({
  layout: v.literal(1),
  id: v.pipe(v.string(), v.transform(volumeId)),
  name: v.string(),
  sizeBytes: v.number(),
  createdSizeBytes: v.number(),
  parameters: v.record(v.string(), v.string()),
  createdAt: v.string(),
  attachments: v.array(
    v.object({
      id: v.pipe(v.string(), v.transform(attachmentId)),
      volumeId: v.pipe(v.string(), v.transform(volumeId)),
      hostId: brandedHostId,
      mode: v.picklist(["single-writer", "single-reader", "multi-reader", "multi-writer"]),
      connector: v.object({ hostId: brandedHostId, hostName: v.string(), bootId: v.string() }),
      attachedAt: v.string(),
    }),
  ),
  format: v.nullable(
    v.object({ state: v.picklist(["formatting", "formatted"]), fsType: v.picklist(["ext4", "xfs"]), fsUuid: v.string() }),
  ),
});

export const encodeRecord = (record: VolumeRecord): string => `${JSON.stringify(record, undefined, 2)}\n`;

/** Reads a stored record. Damaged, or of a newer layout: an error that says so; nothing is guessed. */
export function decodeRecord(text: string): VolumeRecord {
  try {
    return v.parse(recordSchema, JSON.parse(text));
  } catch (cause) {
    throw new Error("a stored volume record is damaged, or a newer @opensds/testkit wrote it; nothing was changed", { cause });
  }
}

/** The volume as callers see it. */
export function toVolume(record: VolumeRecord): Volume {
  return {
    id: record.id,
    name: record.name,
    sizeBytes: record.sizeBytes,
    state: record.attachments.length > 0 ? "in-use" : "available",
    createdAt: record.createdAt,
    parameters: record.parameters,
  };
}
