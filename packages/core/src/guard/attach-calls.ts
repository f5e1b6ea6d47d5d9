import type { CallContext, CallOptions } from "../driver/call-context.js";
import type { BackendConnectRequest, StorageBackend } from "../driver/storage-backend.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import { isSouthboundError, SouthboundError } from "../errors/southbound-error.js";
import type { AccessMode, AttachmentRecord, HostConnector } from "../model/attachment.js";
import type { Connection } from "../model/connection.js";
import type { HostId, VolumeId } from "../model/ids.js";
import { attachmentRecordSchema, attachmentSchema } from "../schema/attachment.js";
import {
  attachVolumeSchema,
  connectVolumeSchema,
  disconnectVolumeSchema,
  listAttachmentsSchema,
} from "../schema/attach-requests.js";
import { checkRequest, checkResult } from "./check.js";
import type { DriverParts } from "./driver-parts.js";
import type { CallSpec } from "./call-limits.js";
import { withStop, type OpenBackend } from "./lifecycle.js";
import { runCall } from "./run-call.js";

/** What is left of a call, for a call inside it. */
export function within(ctx: CallContext): CallOptions {
  return { signal: ctx.signal, timeoutMs: Math.max(1, ctx.remainingMs()) };
}

/** What is recorded, and what is only told: no driver can record the second by mistake. */
const apart = ({ initiators, ...connector }: HostConnector): Pick<BackendConnectRequest, "connector" | "initiators"> => ({ connector, initiators });

/** The connections of a volume or a host, as the backend records them now. */
export function readConnections(
  parts: DriverParts,
  backend: StorageBackend,
  request: { readonly volumeId?: VolumeId | undefined; readonly hostId?: HostId | undefined },
  options: CallOptions,
): Promise<readonly Connection[]> {
  return runCall(parts.spec("listAttachments", request.volumeId), parts.environment, options, (ctx) =>
    backend.listConnections(request, ctx),
  );
}

/** Connect and disconnect, attach and detach, and the list of attachments: the backend's half and the host's put together. */
export function attachCalls(
  parts: DriverParts,
): Pick<VolumeDriver, "attachVolume" | "detachVolume" | "connectVolume" | "disconnectVolume" | "listAttachments"> {
  const { backendName, host, lifecycle, inFlight, environment, spec } = parts;

  const disconnect = (backend: StorageBackend, record: AttachmentRecord, options: CallOptions): Promise<void> => {
    const { volumeId, id: attachmentId } = record.attachment;
    return runCall(spec("disconnectVolume", volumeId), environment, options, (ctx) =>
      backend.disconnectVolume({ volumeId, attachmentId }, ctx),
    );
  };

  return {
    connectVolume: async (request, options) => {
      const opened = lifecycle.opened(spec("connectVolume"));
      const checked = checkRequest(connectVolumeSchema, request, spec("connectVolume"));
      const call = spec("connectVolume", checked.volumeId);
      const subject = { subject: `volume:${checked.volumeId}`, scope: checked.connector.hostId, request: checked };
      return lifecycle.track(
        inFlight.run(call, subject, withStop(options, opened.stop), async (ctx) => {
          requireMode(checked.mode, opened, call);
          const connection = await opened.backend.connectVolume({ ...checked, ...apart(checked.connector) }, ctx);
          checkResult(attachmentSchema, connection.attachment, call, "attachment");
          return connection;
        }),
      );
    },

    disconnectVolume: async (request, options) => {
      const opened = lifecycle.opened(spec("disconnectVolume"));
      const checked = checkRequest(disconnectVolumeSchema, request, spec("disconnectVolume"));
      const subject = { subject: `volume:${checked.volumeId}`, scope: checked.attachmentId, request: checked };
      return lifecycle.track(
        inFlight.run(spec("disconnectVolume", checked.volumeId), subject, withStop(options, opened.stop), (ctx) =>
          opened.backend.disconnectVolume(checked, ctx),
        ),
      );
    },

    attachVolume: async (request, options) => {
      const opened = lifecycle.opened(spec("attachVolume"));
      const { volumeId, mode } = checkRequest(attachVolumeSchema, request, spec("attachVolume"));
      const subject = { subject: `volume:${volumeId}`, scope: host.hostId, request: mode };
      return lifecycle.track(
        inFlight.run(spec("attachVolume", volumeId), subject, withStop(options, opened.stop), async (ctx) => {
          requireMode(mode, opened, spec("attachVolume", volumeId));
          return host.exclusively(volumeId, within(ctx), async () => {
            const connector = await host.connectorFacts();
            const connection = await runCall(spec("connectVolume", volumeId), environment, within(ctx), (inner) =>
              opened.backend.connectVolume({ volumeId, mode, ...apart(connector) }, inner),
            );
            try {
              return await host.attach(connection, backendName, within(ctx));
            } catch (error) {
              if (ctx.signal.aborted) throw error;
              throw await undoConnect(error, connection, opened.backend, within(ctx));
            }
          });
        }),
      );
    },

    detachVolume: async (record, options) => {
      const opened = lifecycle.opened(spec("detachVolume"));
      const checked = checkRequest(attachmentRecordSchema, record, spec("detachVolume"), "record");
      const { volumeId, hostId, id } = checked.attachment;
      const call = spec("detachVolume", volumeId);
      if (hostId !== host.hostId) {
        const message = `the attachment is host ${hostId}'s and this is ${host.hostId}; detach it there, or fence that host`;
        throw new SouthboundError("FAILED_PRECONDITION", "attachment-on-other-host", message, { ...call, outcome: "none" });
      }
      const subject = { subject: `volume:${volumeId}`, scope: hostId, request: checked };
      return lifecycle.track(
        inFlight.run(call, subject, withStop(options, opened.stop), (ctx) =>
          host.exclusively(volumeId, within(ctx), async () => {
            const recorded = await readRecorded(opened.backend, checked, ctx);
            const connection = recorded.connections.find(({ attachment }) => attachment.id === id);
            // The attachment has ended, and what is here now is a later one's, whose device may be the same to the last field.
            if (connection === undefined && recorded.connections.length > 0) return;
            await host.detach(checked, within(ctx));
            try {
              if (recorded.failure !== undefined) throw recorded.failure;
              if (connection === undefined) return;
              // A device of a later attach: this record is stale, and that attachment is somebody's.
              const now = await host.describe(connection, backendName, within(ctx));
              if (now.device !== null) return;
              await disconnect(opened.backend, checked, within(ctx));
            } catch (error) {
              // The volume has been deleted meanwhile: there is nothing recorded any more.
              if (isSouthboundError(error) && error.code === "NOT_FOUND") return;
              throw deviceGone(error, checked);
            }
          }),
        ),
      );
    },

    listAttachments: async (request, options) => {
      const opened = lifecycle.opened(spec("listAttachments"));
      const { volumeId, hostId = host.hostId, devicePath } = checkRequest(listAttachmentsSchema, request ?? {}, spec("listAttachments"));
      const call = spec("listAttachments", volumeId ?? devicePath);
      return lifecycle.track(
        runCall(call, environment, withStop(options, opened.stop), async (ctx) => {
          const wantedHost = hostId === "all" ? undefined : hostId;
          const connections = await opened.backend.listConnections({ volumeId, hostId: wantedHost }, ctx);
          const records = await Promise.all(
            connections.map(async (connection) =>
              connection.attachment.hostId === host.hostId
                ? await host.describe(connection, backendName, within(ctx))
                : recordElsewhere(connection, backendName),
            ),
          );
          return devicePath === undefined ? records : records.filter(({ device }) => device?.path === devicePath);
        }),
      );
    },
  };

  /**
   * What is recorded for the record's host. A backend that does not answer keeps no device on this host: it gets half of the
   * call's time, and what went wrong is told when the device has gone.
   */
  async function readRecorded(
    backend: StorageBackend,
    { attachment: { volumeId, hostId } }: AttachmentRecord,
    ctx: CallContext,
  ): Promise<{ readonly connections: readonly Connection[]; readonly failure?: Error }> {
    const options = { signal: ctx.signal, timeoutMs: Math.max(1, ctx.remainingMs() / 2) };
    try {
      return { connections: await readConnections(parts, backend, { volumeId, hostId }, options) };
    } catch (error) {
      if (ctx.signal.aborted) throw error;
      return { connections: [], failure: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** A failed attach leaves no attachment behind, unless there is a device after all. */
  async function undoConnect(
    failure: unknown,
    connection: Connection,
    backend: StorageBackend,
    options: CallOptions,
  ): Promise<unknown> {
    try {
      const record = await host.describe(connection, backendName, options);
      if (record.device !== null) return failure;
      await disconnect(backend, record, options);
    } catch (error) {
      environment.log.warn(`attachVolume: the attachment of ${connection.attachment.volumeId} stays recorded: ${String(error)}`);
    }
    return failure;
  }
}

function recordElsewhere({ attachment }: Connection, backend: string): AttachmentRecord {
  return { type: "attachment", version: 1, backend, attachment, device: null };
}

/** Says of a failure after the device has gone what was done: replaying the call finishes it. */
function deviceGone(error: unknown, record: AttachmentRecord): unknown {
  if (!isSouthboundError(error)) return error;
  return new SouthboundError(
    "UNAVAILABLE",
    "attachment-still-recorded",
    `the device is gone from this host; the backend still records the attachment (${error.message}): detach again to finish`,
    {
      recovery: "retry",
      outcome: "unknown",
      details: { device: record.device?.path ?? null, deviceGone: true },
      cause: error,
    },
  );
}

/** SB-ATTACH-5: a mode that the backend does not have is refused before anything is recorded. */
function requireMode(mode: AccessMode, { manifest }: OpenBackend, spec: CallSpec): void {
  if (manifest.accessModes.includes(mode)) return;
  const has = manifest.accessModes.join(", ") || "none";
  const message = `${spec.operation}: this backend has no access mode ${mode}; it has: ${has}`;
  throw new SouthboundError("UNIMPLEMENTED", "mode-unsupported", message, { ...spec, outcome: "none" });
}
