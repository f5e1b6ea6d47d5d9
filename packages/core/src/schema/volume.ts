import * as v from "valibot";
import { snapshotId } from "../facets/snapshots.js";
import type { VolumeSource } from "../facets/source.js";
import { volumeId } from "../model/ids.js";
import type { DeleteVolumeRequest, ListVolumesRequest, Volume } from "../model/volume.js";
import { idText } from "./ids.js";

export const parametersSchema = v.record(v.string(), v.string());

const volumeSourceSchema: v.GenericSchema<unknown, VolumeSource> = v.variant("kind", [
  v.strictObject({ kind: v.literal("snapshot"), snapshotId: v.pipe(idText, v.transform(snapshotId)) }),
  v.strictObject({ kind: v.literal("volume"), volumeId: v.pipe(idText, v.transform(volumeId)) }),
]);

export const volumeSchema: v.GenericSchema<unknown, Volume> = v.object({
  id: v.pipe(idText, v.transform(volumeId)),
  name: v.string(),
  sizeBytes: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  state: v.picklist(["creating", "available", "in-use", "deleting", "error", "unknown"]),
  stateReason: v.optional(v.string()),
  createdAt: v.optional(v.string()),
  parameters: parametersSchema,
  source: v.optional(volumeSourceSchema),
});

/** Sizes are left to `resolveCapacity`, names to `nameProblem`: their rules are more than a shape. */
export const createVolumeSchema = v.strictObject({
  name: v.unknown(),
  capacity: v.strictObject({ requiredBytes: v.optional(v.number()), limitBytes: v.optional(v.number()) }),
  parameters: v.optional(parametersSchema, {}),
  source: v.optional(volumeSourceSchema),
});

export const getVolumeSchema = v.strictObject({
  id: v.optional(v.pipe(idText, v.transform(volumeId))),
  name: v.optional(v.string()),
});

export const deleteVolumeSchema: v.GenericSchema<unknown, DeleteVolumeRequest> = v.strictObject({
  id: v.pipe(idText, v.transform(volumeId)),
});

export const listVolumesSchema: v.GenericSchema<unknown, ListVolumesRequest> = v.strictObject({
  pageSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
  startToken: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(4096))),
});
