import * as v from "valibot";
import type { Attachment, AttachmentRecord, ConnectorFacts, Device, HostConnector } from "../model/attachment.js";
import { attachmentIdSchema, hostIdSchema, volumeIdSchema } from "./ids.js";
import { open } from "./shapes.js";

export const accessModeSchema = v.picklist(["single-writer", "single-reader", "multi-reader", "multi-writer"]);

export const connectorFactsSchema: v.GenericSchema<unknown, ConnectorFacts> = open({
  hostId: hostIdSchema,
  hostName: v.string(),
  bootId: v.string(),
});

const name = v.pipe(v.string(), v.regex(/^[!-~]{1,255}$/, "is no name: 1 to 255 printable ASCII characters"));

export const hostConnectorSchema: v.GenericSchema<unknown, HostConnector> = open({
  hostId: hostIdSchema,
  hostName: v.string(),
  bootId: v.string(),
  initiators: v.optional(open({ iscsi: v.optional(name), nvme: v.optional(name), ipAddress: v.optional(name), multipath: v.boolean() })),
});

export const deviceSchema: v.GenericSchema<unknown, Device> = open({
  path: v.pipe(v.string(), v.regex(/^\/dev\/[!-~]+$/, "is no device path such as /dev/loop3")),
  number: v.pipe(v.string(), v.regex(/^[0-9]+:[0-9]+$/, "is no device number such as 7:3")),
  method: v.string(),
  source: v.string(),
  bootId: v.string(),
  readOnly: v.boolean(),
});

export const attachmentSchema: v.GenericSchema<unknown, Attachment> = open({
  id: attachmentIdSchema,
  volumeId: volumeIdSchema,
  hostId: hostIdSchema,
  mode: accessModeSchema,
  connector: connectorFactsSchema,
  attachedAt: v.string(),
});

export const attachmentRecordSchema: v.GenericSchema<unknown, AttachmentRecord> = open({
  type: v.literal("attachment", "is no attachment record: its type is not \"attachment\""),
  version: v.literal(1, "is a record version that this release does not know"),
  backend: v.string(),
  attachment: attachmentSchema,
  device: v.nullable(deviceSchema),
});
