import * as v from "valibot";
import type { ChangedExtent } from "../facets/changed-blocks.js";
import type { Finding } from "../facets/doctor.js";
import type { ExpandVolumeResult } from "../facets/expansion.js";
import type { FenceResult } from "../facets/fencing.js";
import type { GroupSnapshot, VolumeGroup } from "../facets/groups.js";
import type { VolumeHealth } from "../facets/health.js";
import type { Importable } from "../facets/import.js";
import type { Amount, Pool } from "../facets/pools.js";
import type { QosLimits } from "../facets/qos.js";
import type { Orphan } from "../facets/reconcile.js";
import type { Snapshot } from "../facets/snapshots.js";
import type { TrashedVolume } from "../facets/trash.js";
import { attachmentIdSchema, groupIdSchema, groupSnapshotIdSchema, hostIdSchema, snapshotIdSchema, volumeIdSchema } from "./ids.js";
import { bytes, open } from "./shapes.js";
import { volumeSchema } from "./volume.js";

export const snapshotSchema: v.GenericSchema<unknown, Snapshot> = open({
  id: snapshotIdSchema,
  name: v.string(),
  sourceVolumeId: volumeIdSchema,
  sizeBytes: bytes,
  readyToUse: v.boolean(),
  createdAt: v.string(),
});

export const expandVolumeResult: v.GenericSchema<unknown, ExpandVolumeResult> = open({
  volume: volumeSchema,
  hostStep: v.picklist(["none", "required"]),
});

const amountSchema: v.GenericSchema<unknown, Amount> = v.variant("kind", [
  open({ kind: v.literal("bytes"), bytes, approximate: v.optional(v.boolean()) }),
  open({ kind: v.literal("unknown") }),
  open({ kind: v.literal("infinite") }),
]);

export const poolSchema: v.GenericSchema<unknown, Pool> = open({
  name: v.string(),
  total: amountSchema,
  free: amountSchema,
  provisioned: amountSchema,
  trash: amountSchema,
  quota: v.optional(open({ name: v.string(), limitBytes: bytes, usedBytes: bytes })),
});

const limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)));
export const qosLimitsSchema: v.GenericSchema<unknown, QosLimits> = open({
  iops: limit,
  readIops: limit,
  writeIops: limit,
  bytesPerSecond: limit,
  readBytesPerSecond: limit,
  writeBytesPerSecond: limit,
});

export const volumeGroupSchema: v.GenericSchema<unknown, VolumeGroup> = open({
  id: groupIdSchema,
  name: v.string(),
  volumeIds: v.array(volumeIdSchema),
});

export const groupSnapshotSchema: v.GenericSchema<unknown, GroupSnapshot> = open({
  id: groupSnapshotIdSchema,
  name: v.string(),
  groupId: groupIdSchema,
  snapshots: v.array(snapshotSchema),
  readyToUse: v.boolean(),
  createdAt: v.string(),
});

export const importableSchema: v.GenericSchema<unknown, Importable> = open({
  reference: v.string(),
  sizeBytes: v.nullable(bytes),
  obstacle: v.optional(v.string()),
});

export const trashedVolumeSchema: v.GenericSchema<unknown, TrashedVolume> = open({
  id: volumeIdSchema,
  name: v.string(),
  sizeBytes: v.nullable(bytes),
  deletedAt: v.string(),
  purgeAfter: v.optional(v.string()),
});

export const changedExtentSchema: v.GenericSchema<unknown, ChangedExtent> = open({
  offsetBytes: bytes,
  lengthBytes: bytes,
  exists: v.boolean(),
});

export const volumeHealthSchema: v.GenericSchema<unknown, VolumeHealth> = open({
  condition: v.picklist(["healthy", "degraded", "failed", "unknown"]),
  findings: v.array(v.string()),
  used: amountSchema,
  openedBy: v.array(v.string()),
});

const kebabCase = v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "is not in kebab case"));

export const orphanSchema: v.GenericSchema<unknown, Orphan> = open({
  kind: kebabCase,
  reference: v.string(),
  message: v.string(),
  action: v.picklist(["finish", "undo", "report"]),
  repaired: v.boolean(),
});

export const fenceResultSchema: v.GenericSchema<unknown, FenceResult> = open({
  hostId: hostIdSchema,
  attachmentIds: v.array(attachmentIdSchema),
});

export const findingSchema: v.GenericSchema<unknown, Finding> = open({
  check: kebabCase,
  status: v.picklist(["ok", "warning", "error"]),
  message: v.string(),
  hint: v.optional(v.string()),
});
