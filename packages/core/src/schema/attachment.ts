import * as v from "valibot";
import type { Attachment, AttachmentRecord, ConnectorFacts, Device } from "../model/attachment.js";
import { attachmentId, hostId, volumeId } from "../model/ids.js";
import { idText } from "./ids.js";

export const accessModeSchema = v.picklist(["single-writer", "single-reader", "multi-reader", "multi-writer"]);

export const connectorFactsSchema: v.GenericSchema<unknown, ConnectorFacts> = v.object({
  hostId: v.pipe(idText, v.transform(hostId)),
  hostName: v.string(),
  bootId: v.string(),
});

export const deviceSchema: v.GenericSchema<unknown, Device> = v.object({
  path: v.pipe(v.string(), v.regex(/^\/dev\/\S+$/, "is no device path such as /dev/loop3")),
  number: v.pipe(v.string(), v.regex(/^\d+:\d+$/, "is no device number such as 7:3")),
  method: v.string(),
  source: v.string(),
  bootId: v.string(),
  readOnly: v.boolean(),
});

export const attachmentSchema: v.GenericSchema<unknown, Attachment> = v.object({
  id: v.pipe(idText, v.transform(attachmentId)),
  volumeId: v.pipe(idText, v.transform(volumeId)),
  hostId: v.pipe(idText, v.transform(hostId)),
  mode: accessModeSchema,
  connector: connectorFactsSchema,
  attachedAt: v.string(),
});

export const attachmentRecordSchema: v.GenericSchema<unknown, AttachmentRecord> = v.object({
  type: v.literal("attachment", "is no attachment record: its type is not \"attachment\""),
  version: v.literal(1, "is a record version that this release does not know"),
  backend: v.string(),
  attachment: attachmentSchema,
  device: v.nullable(deviceSchema),
});
