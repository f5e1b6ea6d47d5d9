import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  attachmentId,
  isReadOnlyMode,
  isSharedMode,
  type Attachment,
  type BackendConnectRequest,
  type CallContext,
  type Connection,
  type DisconnectVolumeRequest,
  type HostId,
  type VolumeId,
} from "@opensds/core";
import { findVolume, noSuchVolume, readVolumes, updateVolume } from "./find-volume.js";
import type { VolumeStore } from "./store.js";
import type { VolumeRecord } from "./volume-record.js";

/** Records the attachment in the volume's own record: hosts that want it at once, and a delete, contend for one write. */
export async function connectVolume(
  store: VolumeStore,
  request: BackendConnectRequest,
  ctx: CallContext<"connectVolume">,
): Promise<Connection> {
  const { volumeId, connector } = request;
  const record = await updateVolume(store, volumeId, ctx, (current) => {
    requirePath(store, current.id, ctx);
    requireCompatible(current, request, ctx);
    const own = current.attachments.find(({ hostId }) => hostId === connector.hostId);
    const granted = grant(own, request);
    if (isDeepStrictEqual(granted, own)) return current;
    return { ...current, attachments: [...current.attachments.filter((other) => other !== own), granted] };
  });
  const attachment = record?.attachments.find(({ hostId }) => hostId === connector.hostId);
  if (attachment === undefined) throw noSuchVolume(ctx, volumeId);
  return toConnection(attachment, requirePath(store, volumeId, ctx));
}

function requirePath(store: VolumeStore, id: VolumeId, ctx: CallContext<"connectVolume">): string {
  const path = store.dataPath(id);
  if (path !== undefined) return path;
  const message = "volumes in memory have no devices; configure reference_driver with a dir";
  throw ctx.fail("UNIMPLEMENTED", "no-devices", message, { resource: id, outcome: "none" });
}

/** The host's attachment: a new one, or the one it has, brought up to date for a host that was started again since. */
function grant(own: Attachment | undefined, request: BackendConnectRequest): Attachment {
  const { volumeId, mode, connector } = request;
  if (own !== undefined) return { ...own, connector };
  const id = attachmentId(randomUUID());
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
export async function disconnectVolume(
  store: VolumeStore,
  request: DisconnectVolumeRequest,
  ctx: CallContext<"disconnectVolume">,
): Promise<void> {
  await updateVolume(store, request.volumeId, ctx, (current) => {
    const attachments = current.attachments.filter(({ id }) => id !== request.attachmentId);
    return attachments.length === current.attachments.length ? current : { ...current, attachments };
  });
}

/** The recorded attachments, of one volume or all, of one host or all. */
export async function listConnections(
  store: VolumeStore,
  request: { readonly volumeId?: VolumeId | undefined; readonly hostId?: HostId | undefined },
  ctx: CallContext<"listAttachments">,
): Promise<readonly Connection[]> {
  const records =
    request.volumeId === undefined ? await readVolumes(store, await store.keys(), ctx) : [await requireVolume(store, request.volumeId, ctx)];
  return records
    .flatMap(({ attachments }) => attachments)
    .filter(({ hostId }) => request.hostId === undefined || hostId === request.hostId)
    .flatMap((attachment) => {
      const path = store.dataPath(attachment.volumeId);
      return path === undefined ? [] : [toConnection(attachment, path)];
    });
}

async function requireVolume(store: VolumeStore, id: VolumeId, ctx: CallContext<"listAttachments">): Promise<VolumeRecord> {
  const found = await findVolume(store, id, ctx);
  if (found === undefined) throw noSuchVolume(ctx, id);
  return found.record;
}

function toConnection(attachment: Attachment, path: string): Connection {
  return { attachment, info: { protocol: "file", path, readOnly: isReadOnlyMode(attachment.mode) } };
}
