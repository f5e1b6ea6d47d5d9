import * as v from "valibot";
import type { ConnectVolumeRequest, DisconnectVolumeRequest, ListAttachmentsRequest } from "../model/attachment.js";
import { accessModeSchema, hostConnectorSchema } from "./attachment.js";
import { attachmentIdSchema, hostIdSchema, volumeIdSchema } from "./ids.js";
import { closed } from "./shapes.js";

const attachFields = { volumeId: volumeIdSchema, mode: v.optional(accessModeSchema, "single-writer") } as const;

export const attachVolumeSchema = closed(attachFields);

export const connectVolumeSchema: v.GenericSchema<
  unknown,
  ConnectVolumeRequest & { mode: NonNullable<ConnectVolumeRequest["mode"]> }
> = closed({ ...attachFields, connector: hostConnectorSchema });

export const disconnectVolumeSchema: v.GenericSchema<unknown, DisconnectVolumeRequest> = closed({
  volumeId: volumeIdSchema,
  attachmentId: attachmentIdSchema,
});

export const listAttachmentsSchema: v.GenericSchema<unknown, ListAttachmentsRequest> = closed({
  volumeId: v.optional(volumeIdSchema),
  hostId: v.optional(v.union([v.literal("all"), hostIdSchema])),
  devicePath: v.optional(v.string()),
});
