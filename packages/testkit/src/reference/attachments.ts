import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  attachmentId as brandAttachmentId,
  isReadOnlyMode,
  isSharedMode,
  type Attachment,
  type AttachmentId,
  type BackendConnectRequest,
  type CallContext,
  type Connection,
  type DisconnectVolumeRequest,
  type HostId,
  type VolumeId,
} from "@opensds/core";
import { requireNotFenced } from "./fencing.js";
import { noSuchVolume, readAll, requireVolume, update } from "./find-record.js";
import type { Located, StoreCall } from "./store.js";
import type { Stores } from "./stores.js";
import type { VolumeRecord } from "./volume-record.js";

/** Records the attachment in the volume's own record: hosts that want it at once, and a delete, contend for one write. */
export async function connectVolume(
  stores: Stores,
  request: BackendConnectRequest,
  ctx: CallContext<"connectVolume">,
): Promise<Connection> {
  const { volumes } = stores;
  await requireNotFenced(stores, request.connector.hostId, ctx);
  const { volumeId, connector } = request;
  const volume = await update(volumes, volumeId, ctx, (current, where) => {
    requirePath(volumes, where, ctx);
    requireCompatible(current, request, ctx);
    const own = current.attachments.find(({ hostId }) => hostId === connector.hostId);
    const granted = grant(own, request);
    if (isDeepStrictEqual(granted, own)) return current;
    return { ...current, attachments: [...current.attachments.filter((other) => other !== own), granted] };
  });
  const attachment = volume?.record.attachments.find(({ hostId }) => hostId === connector.hostId);
  if (volume === undefined || attachment === undefined) throw noSuchVolume(ctx, volumeId);
  try {
    // Again, for a fence that was put up meanwhile and did not see this attachment; one that comes later will.
    await requireNotFenced(stores, connector.hostId, ctx);
  } catch (error) {
    await removeAttachment(stores, volumeId, attachment.id, ctx);
    throw error;
  }
  return toConnection(attachment, requirePath(volumes, volume, ctx));
}

function requirePath(volumes: Stores["volumes"], volume: Located<VolumeRecord>, ctx: CallContext<"connectVolume">): string {
  const path = volumes.pathOf(volume, volume.record.data);
  if (path !== undefined) return path;
  const message = "volumes in memory have no devices; configure reference_driver with a dir";
  throw ctx.fail("UNIMPLEMENTED", "no-devices", message, { resource: volume.record.id, outcome: "none" });
}

/** The host's attachment: a new one, or the one it has, brought up to date for a host that was started again since. */
function grant(own: Attachment | undefined, request: BackendConnectRequest): Attachment {
  const { volumeId, mode, connector } = request;
  if (own !== undefined) return { ...own, connector };
  const id = brandAttachmentId(randomUUID());
  return { id, volumeId, hostId: connector.hostId, mode, connector, attachedAt: new Date().toISOString() };
}

/** A host has a volume in one mode only; several hosts have it only where all share it in the same mode. */
function requireCompatible(record: VolumeRecord, request: BackendConnectRequest, ctx: CallContext<"connectVolume">): void {
  const { connector, mode } = request;
  const obstacle = record.attachments.find((other) =>
    other.hostId === connector.hostId ? other.mode !== mode : other.mode !== mode || !isSharedMode(mode),
  );
  if (obstacle === undefined) return;
  throw ctx.fail(
    "FAILED_PRECONDITION",
    "volume-attached-elsewhere",
    `volume ${JSON.stringify(record.name)} is attached to host ${obstacle.hostId} as ${obstacle.mode}, so that host ${connector.hostId} cannot have it as ${mode}; detach it there first`,
    { resource: record.id, outcome: "none", details: { hostId: obstacle.hostId, mode: obstacle.mode } },
  );
}

/** Removes the attachment. The volume or the attachment not there: nothing to do. */
export function disconnectVolume(stores: Stores, request: DisconnectVolumeRequest, ctx: CallContext<"disconnectVolume">): Promise<void> {
  return removeAttachment(stores, request.volumeId, request.attachmentId, ctx);
}

async function removeAttachment({ volumes }: Stores, volumeId: VolumeId, attachmentId: AttachmentId, call: StoreCall): Promise<void> {
  await update(volumes, volumeId, call, (current) => {
    const attachments = current.attachments.filter(({ id }) => id !== attachmentId);
    return attachments.length === current.attachments.length ? current : { ...current, attachments };
  });
}

/** The recorded attachments, of one volume or all, of one host or all. */
export async function listConnections(
  { volumes }: Stores,
  request: { readonly volumeId?: VolumeId | undefined; readonly hostId?: HostId | undefined },
  ctx: CallContext<"listAttachments">,
): Promise<readonly Connection[]> {
  const { volumeId, hostId } = request;
  const found = volumeId === undefined ? await readAll(volumes, await volumes.keys(), ctx) : [await requireVolume(volumes, volumeId, ctx)];
  return found.flatMap((volume) => {
    const path = volumes.pathOf(volume, volume.record.data);
    const wanted = volume.record.attachments.filter((attachment) => hostId === undefined || attachment.hostId === hostId);
    return path === undefined ? [] : wanted.map((attachment) => toConnection(attachment, path));
  });
}

function toConnection(attachment: Attachment, path: string): Connection {
  return { attachment, info: { protocol: "file", path, readOnly: isReadOnlyMode(attachment.mode) } };
}
