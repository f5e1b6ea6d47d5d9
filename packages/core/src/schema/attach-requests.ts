import * as v from "valibot";
import type { ConnectVolumeRequest, DisconnectVolumeRequest, ListAttachmentsRequest } from "../model/attachment.js";
import { attachmentId, hostId, volumeId } from "../model/ids.js";
import { accessModeSchema, connectorFactsSchema } from "./attachment.js";
import { idText } from "./ids.js";

export const attachVolumeSchema = v.strictObject({
  volumeId: v.pipe(idText, v.transform(volumeId)),
  mode: v.optional(accessModeSchema, "single-writer"),
});

export const connectVolumeSchema: v.GenericSchema<
  unknown,
  ConnectVolumeRequest & { mode: NonNullable<ConnectVolumeRequest["mode"]> }
> = v.strictObject({ ...attachVolumeSchema.entries, connector: connectorFactsSchema });

export const disconnectVolumeSchema: v.GenericSchema<unknown, DisconnectVolumeRequest> = v.strictObject({
  volumeId: v.pipe(idText, v.transform(volumeId)),
  attachmentId: v.pipe(idText, v.transform(attachmentId)),
});

export const listAttachmentsSchema: v.GenericSchema<unknown, ListAttachmentsRequest> = v.strictObject({
  volumeId: v.optional(v.pipe(idText, v.transform(volumeId))),
  hostId: v.optional(v.union([v.literal("all"), v.pipe(idText, v.transform(hostId))])),
  devicePath: v.optional(v.string()),
});
