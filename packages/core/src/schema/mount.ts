import * as v from "valibot";
import type { FormatRecord, ListMountsRequest, MountRecord, MountVolumeRequest } from "../model/mount.js";
import { attachmentRecordSchema, deviceSchema } from "./attachment.js";
import { volumeIdSchema } from "./ids.js";
import { closed, open } from "./shapes.js";

const fsTypeSchema = v.picklist(["ext4", "xfs"]);

export const mountVolumeSchema: v.GenericSchema<unknown, MountVolumeRequest> = closed({
  attachment: attachmentRecordSchema,
  directory: v.string(),
  fsType: v.optional(fsTypeSchema),
  format: v.optional(v.picklist(["if-blank", "never"])),
  createDirectory: v.optional(v.boolean()),
  readOnly: v.optional(v.boolean()),
  options: v.optional(v.array(v.string())),
});

export const mountRecordSchema: v.GenericSchema<unknown, MountRecord> = open({
  type: v.literal("mount", "is no mount record: its type is not \"mount\""),
  version: v.literal(1, "is a record version that this release does not know"),
  backend: v.string(),
  volumeId: volumeIdSchema,
  device: deviceSchema,
  directory: v.string(),
  fsType: v.string(),
  fsUuid: v.string(),
  readOnly: v.boolean(),
  createdDirectory: v.boolean(),
});

export const listMountsSchema: v.GenericSchema<unknown, ListMountsRequest> = closed({
  volumeId: v.optional(volumeIdSchema),
  directory: v.optional(v.string()),
  devicePath: v.optional(v.string()),
});

export const formatRecordSchema: v.GenericSchema<unknown, FormatRecord> = open({
  state: v.picklist(["formatting", "formatted"]),
  fsType: fsTypeSchema,
  fsUuid: v.string(),
});
