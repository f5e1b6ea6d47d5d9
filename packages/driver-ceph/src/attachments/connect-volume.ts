import { randomUUID } from "node:crypto";
import {
  attachmentId,
  isReadOnlyMode,
  isSharedMode,
  type Attachment,
  type BackendConnectRequest,
  type CallContext,
  type Connection,
  type SouthboundError,
  type VolumeId,
} from "@opensds/core";
import { together } from "../bounded.js";
import type { Call } from "../call.js";
import { fencedSince } from "../fenced-hosts.js";
import type { Pool } from "../pool.js";
import { cells, cellTag, encodeAttachment } from "../records/cells.js";
import { imageIdIn } from "../records/volume-id.js";
import { errno, unless } from "../transport/command-failure.js";
import type { Lock } from "../transport/rados.js";
import { requestOf } from "../volumes/get-volume.js";
import { beingReverted, noSuchVolume, requirePrimary } from "../volumes/require-volume.js";
import { attachmentsIn, connectionOf } from "./attachments.js";
import { breakAttachment } from "./disconnect-volume.js";

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
  if (imageId === undefined) throw noSuchVolume(pool, ctx, request.volumeId);
  const id = attachmentId(`a1.${randomUUID()}`);
  const [fenced, imageName, wanted, held, info] = await together(
    fencedSince(pool, call, request.connector.hostId),
    pool.rados.directoryNameOf(call, imageId),
    requestOf(pool, call, imageId),
    pool.rados.readLocks(call, imageId, [cells.attachment, cells.closing, cells.reverting]),
    isReadOnlyMode(request.mode) ? Promise.resolve(undefined) : unless([errno.ENOENT], pool.rbd.infoById(call, imageId)),
  );
  if (imageName === undefined || wanted === undefined) throw noSuchVolume(pool, ctx, request.volumeId);
  if (fenced !== undefined) throw hostFenced(ctx, request, fenced);
  if (held.has(cells.closing)) throw beingDeleted(ctx, request.volumeId);
  if (held.has(cells.reverting)) throw beingReverted(ctx, request.volumeId);
  const existing = joinable(pool, ctx, imageId, request, held.get(cells.attachment));
  const { encryption } = wanted;
  if (existing !== undefined) return connectionOf(pool, existing, { imageId, imageName, encryption });
  if (encryption !== undefined && pool.config.encryption === undefined) throw keyMissing(ctx, request.volumeId);
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
    throw noSuchVolume(pool, ctx, request.volumeId);
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
    return connectionOf(pool, first, { imageId, imageName: nameNow, encryption });
  }
  const winner = joinable(pool, ctx, imageId, request, lockNow);
  if (winner !== undefined) return connectionOf(pool, winner, { imageId, imageName: nameNow, encryption });
  const message = `the attachments of volume ${request.volumeId} changed while it was being attached; retry`;
  throw ctx.fail("ABORTED", "volume-attached-elsewhere", message, { resource: request.volumeId, outcome: "none", recovery: "retry" });
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

function keyMissing(ctx: CallContext<"connectVolume">, id: VolumeId): SouthboundError {
  const message = `volume ${id} is encrypted, and this backend has no passphrase; set \`encryption\` in the backends file`;
  return ctx.fail("FAILED_PRECONDITION", "encryption-key-missing", message, { resource: id, outcome: "none", recovery: "operator" });
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
