import { hostId, type CallContext, type StorageBackend, type VolumeId } from "@opensds/core";
import { open } from "node:fs/promises";
import { deaf } from "./support.js";

/** Writes into a volume on files behind everybody's back. One that a host has is written to as it is. */
export async function scribble(sound: StorageBackend, volumeId: VolumeId, ctx: CallContext, offsetBytes = 0): Promise<void> {
  const [held] = await sound.listConnections({ volumeId }, deaf("listAttachments", ctx)).catch(() => []);
  const connector = { hostId: hostId("scribbler"), hostName: "scribbler.invalid", bootId: "none" };
  const { attachment, info } = held ?? (await sound.connectVolume({ volumeId, mode: "single-writer", connector }, deaf("connectVolume", ctx)));
  if (info.protocol === "file") {
    const file = await open(info.path, "r+");
    await file.write("scribble", offsetBytes).finally(() => file.close());
  }
  if (held === undefined) await sound.disconnectVolume({ volumeId, attachmentId: attachment.id }, deaf("disconnectVolume", ctx));
}
