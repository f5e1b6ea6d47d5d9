import { randomUUID } from "node:crypto";
import {
  attachmentId,
  hostId,
  isReadOnlyMode,
  isSharedMode,
  type Attachment,
  type AttachmentId,
  type BackendConnectRequest,
  type CallContext,
  type Connection,
  type DisconnectVolumeRequest,
  type HostId,
  type SouthboundError,
  type VolumeId,
} from "@opensds/core";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { cells, cellTag, decodeAttachment, encodeAttachment } from "../records/cells.js";
import { fencedSince } from "../fenced-hosts.js";
import { requestIn, requestOf } from "../volumes/get-volume.js";
import { ourPrefixes } from "../records/image-name.js";
import type { Pool } from "../pool.js";
import { beingReverted, requirePrimary } from "../volumes/require-volume.js";
import { errno, unless } from "../transport/command-failure.js";
import type { ImagePage, ImageView } from "../transport/images.js";
import type { Lock, Locker } from "../transport/rados.js";
import { imageIdIn, volumeIdOf } from "../records/volume-id.js";

/** Images that one look takes in when every volume's attachments are listed. */
const perLook = 1_000;

/**
 * Records that a host has a volume. Attaching writes its cell, then looks for a deleter; deleting writes its cell, then
 * looks for attachments: at least one of the two sees the other.
 */
export async function connectVolume(
  pool: Pool,
  request: BackendConnectRequest,
  call: Call<"connectVolume">,
): Promise<Connection> {
  const { ctx } = call;
  const imageId = imageIdIn(pool.place, request.volumeId);
  if (imageId === undefined) throw notFound(pool, ctx, request.volumeId);
  const id = attachmentId(`a1.${randomUUID()}`);
  const [fenced, imageName, wanted, before, closing, reverting, info] = await together(
    fencedSince(pool, call, request.connector.hostId),
    pool.rados.directoryNameOf(call, imageId),
    requestOf(pool, call, imageId),
    pool.rados.readLock(call, imageId, cells.attachment),
    pool.rados.readLock(call, imageId, cells.closing),
    pool.rados.readLock(call, imageId, cells.reverting),
    isReadOnlyMode(request.mode) ? Promise.resolve(undefined) : unless([errno.ENOENT], pool.rbd.infoById(call, imageId)),
  );
  if (imageName === undefined || wanted === undefined) throw notFound(pool, ctx, request.volumeId);
  if (fenced !== undefined) throw hostFenced(ctx, request, fenced);
  if (closing !== undefined) throw beingDeleted(ctx, request.volumeId);
  if (reverting !== undefined) throw beingReverted(ctx, request.volumeId);
  const existing = joinable(pool, ctx, imageId, request, before);
  if (existing !== undefined) return connectionOf(pool, existing, imageId, imageName);
  if (info !== undefined) await requirePrimary(pool, call, request.volumeId, info);

  const attachment: Attachment = {
    id,
    volumeId: request.volumeId,
    hostId: request.connector.hostId,
    mode: request.mode,
    connector: request.connector,
    attachedAt: new Date().toISOString(),
  };
  await ctx.step("record-attachment");
  const taken = await pool.rados.takeLock(call, imageId, cells.attachment, {
    exclusive: !isSharedMode(request.mode),
    // RADOS itself refuses a shared lock under another tag, so readers and writers do not mix.
    tag: isSharedMode(request.mode) ? request.mode : cellTag,
    cookie: id,
    description: encodeAttachment(attachment),
  });
  const [fencedNow, closingNow, revertingNow, nameNow, lockNow] = await together(
    fencedSince(pool, call, request.connector.hostId),
    pool.rados.readLock(call, imageId, cells.closing),
    pool.rados.readLock(call, imageId, cells.reverting),
    pool.rados.directoryNameOf(call, imageId),
    taken && !isSharedMode(request.mode) ? Promise.resolve(undefined) : pool.rados.readLock(call, imageId, cells.attachment),
  );
  if (nameNow === undefined) {
    await pool.rados.dropJunkHeader(call, imageId);
    throw notFound(pool, ctx, request.volumeId);
  }
  if (fencedNow !== undefined || closingNow !== undefined || revertingNow !== undefined) {
    if (taken) {
      await ctx.step("take-attachment-back");
      await breakAttachment(pool, call, imageId, id);
    }
    if (fencedNow !== undefined) throw hostFenced(ctx, request, fencedNow);
    throw closingNow === undefined ? beingReverted(ctx, request.volumeId) : beingDeleted(ctx, request.volumeId);
  }
  if (taken) {
    const first = ofHost(pool, imageId, request, lockNow)[0] ?? attachment;
    // The same host has connected twice at once: both keep to the one whose id sorts first.
    if (first.id !== id) await breakAttachment(pool, call, imageId, id);
    return connectionOf(pool, first, imageId, nameNow);
  }
  const winner = joinable(pool, ctx, imageId, request, lockNow);
  if (winner !== undefined) return connectionOf(pool, winner, imageId, nameNow);
  const message = `the attachments of volume ${request.volumeId} changed while it was being attached; retry`;
  throw ctx.fail("ABORTED", "volume-attached-elsewhere", message, { resource: request.volumeId, outcome: "none", recovery: "retry" });
}

/** Removes the record of an attachment; every duplicate of it that a race has left goes too. Not there is success. */
export async function disconnectVolume(
  pool: Pool,
  request: DisconnectVolumeRequest,
  call: Call<"disconnectVolume">,
): Promise<void> {
  const imageId = imageIdIn(pool.place, request.volumeId);
  if (imageId === undefined) return;
  await breakAttachment(pool, call, imageId, request.attachmentId);
}

/** The recorded attachments of one volume or of all, of one host or of all. */
export async function listConnections(
  pool: Pool,
  request: { readonly volumeId?: VolumeId | undefined; readonly hostId?: HostId | undefined },
  call: Call<"listAttachments">,
): Promise<readonly Connection[]> {
  const found: Connection[] = [];
  for await (const { info, cells: held } of viewsOf(pool, call, request.volumeId)) {
    const attachments = attachmentsIn(pool, info.id, held.get(cells.attachment));
    found.push(...attachments.map((attachment) => connectionOf(pool, attachment, info.id, info.name)));
  }
  return found.filter(({ attachment }) => request.hostId === undefined || attachment.hostId === request.hostId);
}

/** An image that somebody has. */
export interface AttachedImage {
  readonly imageId: string;
  readonly imageName: string;
  readonly attachments: readonly Attachment[];
  /** The holders of its attachment cell; two of one cookie are one attachment. */
  readonly lockers: readonly Locker[];
}

/** Every image that some host has. */
export async function listAllAttached(pool: Pool, call: Call): Promise<readonly AttachedImage[]> {
  const found: AttachedImage[] = [];
  let next: string | undefined = "";
  while (next !== undefined) {
    const page: ImagePage = await pool.images.page(call, { prefixes: ourPrefixes, after: next, limit: perLook }, [cells.attachment]);
    for (const { info, cells: held } of page.views) {
      const lock = held.get(cells.attachment);
      if (lock === undefined) continue;
      found.push({ imageId: info.id, imageName: info.name, attachments: attachmentsIn(pool, info.id, lock), lockers: lock.lockers });
    }
    next = page.next;
  }
  return found;
}

/** The attachments that a lock holds, each once. */
export function attachmentsIn(pool: Pool, imageId: string, lock: Lock | undefined): readonly Attachment[] {
  const byId = new Map<string, Attachment>();
  for (const locker of lock?.lockers ?? []) {
    const { mode, connector, attachedAt } = decodeAttachment(locker);
    const host = hostId(connector.hostId);
    byId.set(locker.cookie, {
      id: attachmentId(locker.cookie),
      volumeId: volumeIdOf(pool.place, imageId),
      hostId: host,
      mode,
      connector: { ...connector, hostId: host },
      attachedAt,
    });
  }
  return [...byId.values()];
}

/** What this host has already in this mode; the one to join comes first. */
function ofHost(pool: Pool, imageId: string, request: BackendConnectRequest, lock: Lock | undefined): readonly Attachment[] {
  return attachmentsIn(pool, imageId, lock)
    .filter(({ hostId: host, mode }) => host === request.connector.hostId && mode === request.mode)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The attachment that this request asks for, if it is there; throws where another one stands in its way. */
function joinable(
  pool: Pool,
  ctx: CallContext<"connectVolume">,
  imageId: string,
  request: BackendConnectRequest,
  lock: Lock | undefined,
): Attachment | undefined {
  const [same] = ofHost(pool, imageId, request, lock);
  if (same !== undefined) return same;
  const other = attachmentsIn(pool, imageId, lock).find(({ hostId: host, mode }) => host === request.connector.hostId || mode !== request.mode || !isSharedMode(mode));
  if (other === undefined) return undefined;
  throw ctx.fail(
    "FAILED_PRECONDITION",
    "volume-attached-elsewhere",
    `volume ${request.volumeId} is attached to host ${other.hostId} (${other.connector.hostName}) as ${other.mode} since ${other.attachedAt}; detach it there first, or ask for the same sharing mode`,
    {
      resource: request.volumeId,
      outcome: "none",
      details: { hostId: other.hostId, hostName: other.connector.hostName, mode: other.mode, attachmentId: other.id },
    },
  );
}

async function breakAttachment(pool: Pool, call: Call, imageId: string, id: AttachmentId): Promise<void> {
  const lock = await pool.rados.readLock(call, imageId, cells.attachment);
  for (const locker of lock?.lockers ?? []) {
    if (locker.cookie !== id) continue;
    await call.ctx.step("remove-attachment");
    await pool.rados.breakLock(call, imageId, cells.attachment, locker);
  }
}

/** A look at one volume's image, or at all images of ours. */
async function* viewsOf(pool: Pool, call: Call<"listAttachments">, id: VolumeId | undefined): AsyncGenerator<ImageView> {
  if (id !== undefined) {
    const imageId = imageIdIn(pool.place, id);
    const view = imageId === undefined ? undefined : await pool.images.byId(call, imageId, [cells.request, cells.attachment]);
    if (view === undefined || requestIn(view) === undefined) throw notFound(pool, call.ctx, id);
    yield view;
    return;
  }
  let next: string | undefined = "";
  while (next !== undefined) {
    const page: ImagePage = await pool.images.page(call, { prefixes: ourPrefixes, after: next, limit: perLook }, [cells.attachment]);
    yield* page.views;
    next = page.next;
  }
}

function connectionOf(pool: Pool, attachment: Attachment, imageId: string, image: string): Connection {
  const { config, place, monitors } = pool;
  return {
    attachment,
    info: {
      protocol: "rbd",
      fsid: place.fsid,
      monitors,
      pool: config.pool,
      poolId: place.poolId,
      namespace: place.namespace,
      image,
      imageId,
      user: config.user,
      conf: config.conf,
      ...(config.keyring !== undefined && { keyring: config.keyring }),
      methods: config.attach,
      readOnly: isReadOnlyMode(attachment.mode),
    },
  };
}

function notFound(pool: Pool, ctx: CallContext, id: string): SouthboundError {
  const message = `pool ${pool.config.pool} has no volume with the id ${id}`;
  return ctx.fail("NOT_FOUND", "volume-not-found", message, { resource: id, outcome: "none" });
}

function hostFenced(ctx: CallContext<"connectVolume">, { connector }: BackendConnectRequest, fencedAt: string): SouthboundError {
  const message = `host ${connector.hostId} was fenced at ${fencedAt}; start it anew, and let an operator unfence it`;
  const details = { hostId: connector.hostId, fencedAt };
  return ctx.fail("FAILED_PRECONDITION", "host-fenced", message, { resource: connector.hostId, recovery: "operator", outcome: "none", details });
}

function beingDeleted(ctx: CallContext<"connectVolume">, id: VolumeId): SouthboundError {
  return ctx.fail("FAILED_PRECONDITION", "volume-deleting", `volume ${id} is being deleted`, {
    resource: id,
    outcome: "none",
    recovery: "wait-for-operation",
  });
}
