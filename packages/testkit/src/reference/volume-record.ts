import {
  attachmentId,
  groupId,
  hostId,
  snapshotId,
  volumeId,
  type Attachment,
  type FormatRecord,
  type GroupId,
  type Volume,
  type VolumeId,
  type VolumeSource,
} from "@opensds/core";
import * as v from "valibot";
import { newVolumeId } from "./identity.js";
import { recordKind } from "./record-kind.js";

/** Everything that is stored about one volume. It changes as a whole, by one conditional write at a time. */
export interface VolumeRecord {
  /** The version of this layout. Version 1 had no `source`, `data`, `importedFrom` and `groupId`; it is still read. */
  readonly layout: 2;
  readonly id: VolumeId;
  readonly name: string;
  readonly sizeBytes: number;
  /** The size that the volume was made with: what a replayed create's `limitBytes` is compared with. */
  readonly createdSizeBytes: number;
  /** What the creator asked for, no defaults added: what a replayed create's `parameters` are compared with. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What the volume began with; `null` for zeros. Part of the creator's request, too. */
  readonly source: VolumeSource | null;
  /** The file with the volume's bytes. Another file takes its place when the bytes are replaced as a whole. */
  readonly data: string;
  /** How the file was called that the volume was imported from; `null` for a volume that was created. */
  readonly importedFrom: string | null;
  /** The group that has the volume, if that group's own record has it too. */
  readonly groupId: GroupId | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly attachments: readonly Attachment[];
  readonly format: FormatRecord | null;
}

/** The file of a volume whose bytes were never replaced. */
export const firstData = "data";

const brandedHostId = v.pipe(v.string(), v.transform(hostId));
const brandedVolumeId = v.pipe(v.string(), v.transform(volumeId));

const layout1 = v.object({
  layout: v.literal(1),
  id: brandedVolumeId,
  name: v.string(),
  sizeBytes: v.number(),
  createdSizeBytes: v.number(),
  parameters: v.record(v.string(), v.string()),
  createdAt: v.string(),
  attachments: v.array(
    v.object({
      id: v.pipe(v.string(), v.transform(attachmentId)),
      volumeId: brandedVolumeId,
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

const layout2 = v.object({
  ...layout1.entries,
  layout: v.literal(2),
  source: v.nullable(
    v.variant("kind", [
      v.object({ kind: v.literal("snapshot"), snapshotId: v.pipe(v.string(), v.transform(snapshotId)) }),
      v.object({ kind: v.literal("volume"), volumeId: brandedVolumeId }),
    ]),
  ),
  data: v.pipe(v.string(), v.regex(/^data[.0-9a-f-]*$/)),
  importedFrom: v.nullable(v.string()),
  groupId: v.nullable(v.pipe(v.string(), v.transform(groupId))),
});

const fromLayout1 = v.pipe(
  layout1,
  v.transform((record): VolumeRecord => ({ ...record, layout: 2, source: null, data: firstData, importedFrom: null, groupId: null })),
);

export const volumeKind = recordKind<VolumeRecord>("volumes", v.union([layout2, fromLayout1]), ({ data }) => [data]);

/** The record of a volume that nothing is known of but its name and its size. */
export function newVolumeRecord(key: string, name: string, sizeBytes: number): VolumeRecord {
  return {
    layout: 2,
    id: newVolumeId(key),
    name,
    sizeBytes,
    createdSizeBytes: sizeBytes,
    parameters: {},
    source: null,
    data: firstData,
    importedFrom: null,
    groupId: null,
    createdAt: new Date().toISOString(),
    attachments: [],
    format: null,
  };
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
    ...(record.source !== null && { source: record.source }),
  };
}
