import * as v from "valibot";
import { volumeId } from "../model/ids.js";
import type { FormatRecord, ListMountsRequest, MountRecord, MountVolumeRequest } from "../model/mount.js";
import { attachmentRecordSchema, deviceSchema } from "./attachment.js";
import { idText } from "./ids.js";

const fsTypeSchema = v.picklist(["ext4", "xfs"]);

export const mountVolumeSchema: v.GenericSchema<unknown, MountVolumeRequest> = v.strictObject({
  attachment: attachmentRecordSchema,
  directory: v.string(),
  fsType: v.optional(fsTypeSchema),
  format: v.optional(v.picklist(["if-blank", "never"])),
  createDirectory: v.optional(v.boolean()),
  readOnly: v.optional(v.boolean()),
  options: v.optional(v.array(v.string())),
});

export const mountRecordSchema: v.GenericSchema<unknown, MountRecord> = v.object({
  type: v.literal("mount", "is no mount record: its type is not \"mount\""),
  version: v.literal(1, "is a record version that this release does not know"),
  backend: v.string(),
  volumeId: v.pipe(idText, v.transform(volumeId)),
  device: deviceSchema,
  directory: v.string(),
  fsType: v.string(),
  fsUuid: v.string(),
  readOnly: v.boolean(),
  createdDirectory: v.boolean(),
});

export const listMountsSchema: v.GenericSchema<unknown, ListMountsRequest> = v.strictObject({
  volumeId: v.optional(v.pipe(idText, v.transform(volumeId))),
  directory: v.optional(v.string()),
  devicePath: v.optional(v.string()),
});

export const formatRecordSchema: v.GenericSchema<unknown, FormatRecord> = v.object({
  state: v.picklist(["formatting", "formatted"]),
  fsType: fsTypeSchema,
  fsUuid: v.string(),
});
