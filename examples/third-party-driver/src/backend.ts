import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  attachmentId,
  isReadOnlyMode,
  isSharedMode,
  MiB,
  TiB,
  volumeId,
  type Attachment,
  type CallContext,
  type Connection,
  type FormatRecord,
  type StorageBackend,
  type Volume,
  type VolumeId,
} from "@opensds/core";
import type { Catalogue, Records, VolumeRecord } from "./catalogue.js";

const tokenForm = /^after-([0-9a-f-]{36})$/;

/** The backend on a directory: provisioning and connecting. Deadlines, validation, devices and mounts are core's. */
export function createBackend(dir: string, catalogue: Catalogue): StorageBackend {
  const dataOf = (id: string): string => join(dir, "data", id);
  const ready = (records: Records, id: string): VolumeRecord | undefined => records.find((one) => one.id === id && one.phase === "ready");

  /** Replaces one volume's record. What is not there, or is being made or removed, stays as it is. */
  const update = async (id: string, ctx: CallContext, step: string, next: (record: VolumeRecord) => VolumeRecord): Promise<VolumeRecord | undefined> => {
    const change = (records: Records): Records => {
      const current = ready(records, id);
      const changed = current && next(current);
      return changed === current ? records : records.map((one) => (one === current && changed ? changed : one));
    };
    return ready(await catalogue.change(change, () => beforeWrite(ctx, step)), id);
  };

  /** Ends what a create or a delete began, perhaps another process's that was killed. */
  const finish = async ({ id, phase, sizeBytes }: VolumeRecord, ctx: CallContext): Promise<void> => {
    if (phase === "ready") return;
    await ctx.step(phase === "making" ? "make the data" : "remove the data");
    if (phase === "making") await makeSparse(dataOf(id), sizeBytes);
    else await rm(dataOf(id), { force: true });
    const end = (records: Records): Records => {
      if (!records.some((one) => one.id === id && one.phase === phase)) return records;
      if (phase === "removing") return records.filter((one) => one.id !== id);
      return records.map((one) => (one.id === id ? { ...one, phase: "ready" } : one));
    };
    const after = await catalogue.change(end, () => beforeWrite(ctx, "publish"));
    // Somebody else finished it, and somebody deleted it since: what was made here belongs to nobody.
    if (phase === "making" && !after.some((one) => one.id === id)) await rm(dataOf(id), { force: true });
  };

  const toConnection = (attachment: Attachment): Connection => ({
    attachment,
    info: { protocol: "file", path: dataOf(attachment.volumeId), readOnly: isReadOnlyMode(attachment.mode) },
  });

  return {
    manifest: {
      kind: "shelf",
      limits: { nameBytes: 128, granularityBytes: MiB, minVolumeBytes: MiB, maxVolumeBytes: TiB },
      nameUniqueness: "guaranteed",
      accessModes: ["single-writer", "single-reader", "multi-reader"],
      protocols: ["file"],
      parameters: {},
    },

    createVolume: async (request, ctx) => {
      const { name, sizeBytes, capacity } = request;
      for (;;) {
        const made: VolumeRecord = { id: volumeId(randomUUID()), name, sizeBytes, createdAt: new Date().toISOString(), phase: "making", attachments: [], format: null };
        const reserve = (records: Records): Records => (records.some((one) => one.name === name) ? records : [...records, made]);
        const there = (await catalogue.change(reserve, () => beforeWrite(ctx, "reserve the name"))).find((one) => one.name === name);
        if (there?.phase === "ready") {
          if (capacity.requiredBytes <= there.sizeBytes && (capacity.limitBytes ?? Infinity) >= there.sizeBytes) return toVolume(there);
          const message = `volume ${JSON.stringify(name)} is there already with ${there.sizeBytes} bytes; use another name, or delete it first`;
          throw ctx.fail("ALREADY_EXISTS", "volume-exists", message, { resource: name, outcome: "none" });
        }
        if (there !== undefined) await finish(there, ctx);
      }
    },

    getVolume: async (request, ctx) => {
      const found = (await catalogue.read()).find((one) => one.phase === "ready" && (request.id === undefined ? one.name === request.name : one.id === request.id));
      if (found === undefined) throw notFound(ctx, request.id ?? request.name);
      return toVolume(found);
    },

    // In the order of the ids, so that a token outlives the volume it stands at.
    listVolumePage: async ({ pageSize, token }, ctx) => {
      const after = token === undefined ? "" : tokenForm.exec(token)?.[1];
      if (after === undefined) throw ctx.fail("ABORTED", "bad-token", "the token is none of this driver's; list from the beginning", { outcome: "none" });
      const rest = (await catalogue.read()).filter(({ id, phase }) => phase === "ready" && id > after).sort((one, other) => (one.id < other.id ? -1 : 1));
      const items = rest.slice(0, pageSize).map(toVolume);
      const last = items.at(-1);
      return rest.length > items.length && last !== undefined ? { items, nextToken: `after-${last.id}` } : { items };
    },

    // One conditional write closes the volume to new attachments, if it has none; then the data goes, then the record.
    deleteVolume: async ({ id }, ctx) => {
      await update(id, ctx, "close the volume", (record) => {
        if (record.attachments.length === 0) return { ...record, phase: "removing" };
        const hosts = record.attachments.map(({ hostId }) => hostId).join(", ");
        const message = `volume ${JSON.stringify(record.name)} is attached to ${hosts}; detach it first`;
        throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: id, outcome: "none" });
      });
      const closed = (await catalogue.read()).find((one) => one.id === id && one.phase === "removing");
      if (closed !== undefined) await finish(closed, ctx);
    },

    connectVolume: async ({ volumeId: id, connector, mode }, ctx) => {
      const { hostId } = connector;
      const record = await update(id, ctx, "record the attachment", (current) => {
        const own = current.attachments.find((one) => one.hostId === hostId);
        const obstacle = current.attachments.find((one) => one.mode !== mode || (one !== own && !isSharedMode(mode)));
        if (obstacle !== undefined) {
          const message = `volume ${JSON.stringify(current.name)} is attached to host ${obstacle.hostId} as ${obstacle.mode}; detach it there first`;
          throw ctx.fail("FAILED_PRECONDITION", "volume-attached-elsewhere", message, { resource: id, outcome: "none", details: { hostId: obstacle.hostId } });
        }
        // A host that was started again since says so in its connector.
        if (own?.connector.bootId === connector.bootId) return current;
        const granted = own === undefined ? { id: attachmentId(randomUUID()), volumeId: id, hostId, mode, connector, attachedAt: new Date().toISOString() } : { ...own, connector };
        return { ...current, attachments: [...current.attachments.filter((one) => one !== own), granted] };
      });
      const attachment = record?.attachments.find((one) => one.hostId === hostId);
      if (attachment === undefined) throw notFound(ctx, id);
      return toConnection(attachment);
    },

    disconnectVolume: async (request, ctx) => {
      await update(request.volumeId, ctx, "remove the attachment", (current) => {
        const attachments = current.attachments.filter(({ id }) => id !== request.attachmentId);
        return attachments.length === current.attachments.length ? current : { ...current, attachments };
      });
    },

    listConnections: async (request, ctx) => {
      const records = await catalogue.read();
      if (request.volumeId !== undefined && ready(records, request.volumeId) === undefined) throw notFound(ctx, request.volumeId);
      const attachments = records.filter(({ id }) => request.volumeId === undefined || id === request.volumeId).flatMap((record) => record.attachments);
      return attachments.filter(({ hostId }) => request.hostId === undefined || hostId === request.hostId).map(toConnection);
    },

    readFormat: async (request, ctx) => {
      const record = ready(await catalogue.read(), request.volumeId);
      if (record === undefined) throw notFound(ctx, request.volumeId);
      return record.format;
    },

    writeFormat: async ({ volumeId: id, next }, ctx) => {
      const record = await update(id, ctx, "record the format", (current) => (follows(current.format, next) ? { ...current, format: next } : current));
      if (record === undefined) throw notFound(ctx, id);
      if (record.format === null) throw ctx.fail("FAILED_PRECONDITION", "format-not-begun", "the volume has no record that formatting was begun", { resource: id, outcome: "none" });
      return record.format;
    },

    close: () => Promise.resolve(),
  };
}

/** A point at which the suite kills the process, and the last look whether anybody still waits. */
async function beforeWrite(ctx: CallContext, step: string): Promise<void> {
  await ctx.step(step);
  ctx.signal.throwIfAborted();
}

/** `formatting` only over nothing; `formatted` only over the same file system's `formatting`. */
function follows(current: FormatRecord | null, next: FormatRecord): boolean {
  return next.state === "formatting" ? current === null : current?.state === "formatting" && current.fsUuid === next.fsUuid && current.fsType === next.fsType;
}

async function makeSparse(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, "a");
  try {
    await file.truncate(sizeBytes);
  } finally {
    await file.close();
  }
}

const toVolume = ({ id, name, sizeBytes, createdAt, attachments }: VolumeRecord): Volume => ({
  id,
  name,
  sizeBytes,
  createdAt,
  parameters: {},
  state: attachments.length === 0 ? "available" : "in-use",
});

const notFound = (ctx: CallContext<"getVolume" | "connectVolume" | "listAttachments" | "readFormat" | "writeFormat">, what: VolumeId | string): Error =>
  ctx.fail("NOT_FOUND", "volume-not-found", `no volume ${JSON.stringify(what)}`, { resource: what, outcome: "none" });
