import * as v from "valibot";
import type { VolumeSource } from "../facets/source.js";
import type { DeleteVolumeRequest, Volume } from "../model/volume.js";
import { snapshotIdSchema, volumeIdSchema } from "./ids.js";
import { bytes, closed, open, textMap } from "./shapes.js";

const volumeSourceSchema: v.GenericSchema<unknown, VolumeSource> = v.variant("kind", [
  closed({ kind: v.literal("snapshot"), snapshotId: snapshotIdSchema }),
  closed({ kind: v.literal("volume"), volumeId: volumeIdSchema }),
]);

export const volumeSchema: v.GenericSchema<unknown, Volume> = open({
  id: volumeIdSchema,
  name: v.string(),
  sizeBytes: v.nullable(bytes),
  state: v.picklist(["creating", "available", "in-use", "deleting", "error", "unknown"]),
  stateReason: v.optional(v.string()),
  createdAt: v.optional(v.string()),
  parameters: textMap,
  source: v.optional(volumeSourceSchema),
});

/** Any numbers: what is no size is told apart from what is too large by `resolveCapacity` (SB-SIZE-1, SB-SIZE-2). */
export const capacitySchema = closed({ requiredBytes: v.optional(v.number()), limitBytes: v.optional(v.number()) });

/** What is a name is told by `nameProblem` (SB-NAME-3). */
export const createVolumeSchema = closed({
  name: v.string(),
  capacity: capacitySchema,
  parameters: v.optional(textMap, {}),
  source: v.optional(volumeSourceSchema),
});

/** That exactly one is given is told by `requireIdOrName`. */
export const getVolumeSchema = closed({ id: v.optional(volumeIdSchema), name: v.optional(v.string()) });

export const deleteVolumeSchema: v.GenericSchema<unknown, DeleteVolumeRequest> = closed({ id: volumeIdSchema });
