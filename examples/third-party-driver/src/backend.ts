import { randomUUID } from "node:crypto";
import { appendFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { attachmentId, isReadOnlyMode, isSharedMode, MiB, TiB, volumeId } from "@opensds/core";
import type { Attachment, CallContext, Connection, FormatRecord, StorageBackend, Volume, VolumeId } from "@opensds/core";
import type { Catalogue, Records, VolumeRecord } from "./catalogue.js";

const tokenForm = /^after-([0-9a-f-]{36})$/;

/** The backend on a directory: provisioning and connecting. Deadlines, validation, devices and mounts are core's. */
export function createBackend(dir: string, catalogue: Catalogue): StorageBackend {
  const dataOf = (id: string): string => join(dir, "data", id);
  const toConnection = (attachment: Attachment): Connection => ({
    attachment,
    info: { protocol: "file", path: dataOf(attachment.volumeId), readOnly: isReadOnlyMode(attachment.mode) },
  });

  /** Replaces one volume's record. What is not there, or is being made or removed, stays as it is. */
  const update = async (ctx: CallContext, step: string, id: VolumeId, next: (record: VolumeRecord) => VolumeRecord): Promise<VolumeRecord | undefined> => {
    const replaced = (record: VolumeRecord): VolumeRecord => (record.id === id && record.phase === "ready" ? next(record) : record);
    return findReady(await catalogue.change(ctx, step, (records) => records.map(replaced)), id);
  };

  /** Ends what a create began, perhaps another process's that was killed. */
  const finishCreate = async (ctx: CallContext, { id, sizeBytes }: VolumeRecord): Promise<void> => {
    await ctx.step("make the data");
    await appendFile(dataOf(id), "");
    await truncate(dataOf(id), sizeBytes);
    const published = (record: VolumeRecord): VolumeRecord => (record.id === id && record.phase === "making" ? { ...record, phase: "ready" } : record);
    const after = await catalogue.change(ctx, "publish", (records) => records.map(published));
    // Somebody else finished it, and somebody deleted it since: what was made here belongs to nobody.
    if (!after.some((one) => one.id === id)) await rm(dataOf(id), { force: true });
  };

  /** Ends what a delete began, perhaps another process's that was killed. */
  const finishDelete = async (ctx: CallContext, { id }: VolumeRecord): Promise<void> => {
    await ctx.step("remove the data");
    await rm(dataOf(id), { force: true });
    await catalogue.change(ctx, "forget the volume", (records) => records.filter((one) => one.id !== id));
  };

  return {
    manifest: {
      kind: "shelf",
      limits: { nameBytes: 128, granularityBytes: MiB, minVolumeBytes: MiB, maxVolumeBytes: TiB },
      nameUniqueness: "guaranteed",
      accessModes: ["single-writer", "single-reader", "multi-reader"],
      protocols: ["file"],
      parameters: {},
    },

    createVolume: async ({ name, sizeBytes, capacity }, ctx) => {
      for (;;) {
        const made: VolumeRecord = { id: volumeId(randomUUID()), name, sizeBytes, createdAt: new Date().toISOString(), phase: "making", attachments: [], format: null };
        const reserve = (records: Records): Records => (records.some((one) => one.name === name) ? records : [...records, made]);
        const there = (await catalogue.change(ctx, "reserve the name", reserve)).find((one) => one.name === name);
        if (there?.phase === "making") await finishCreate(ctx, there);
        if (there?.phase === "removing") await finishDelete(ctx, there);
        if (there?.phase !== "ready") continue;
        if (capacity.requiredBytes <= there.sizeBytes && (capacity.limitBytes ?? Infinity) >= there.sizeBytes) return toVolume(there);
        const message = `volume ${JSON.stringify(name)} is there already with ${there.sizeBytes} bytes; use another name, or delete it first`;
        throw ctx.fail("ALREADY_EXISTS", "volume-exists", message, { resource: name, outcome: "none" });
      }
    },

    getVolume: async ({ id, name }, ctx) => {
      const found = (await catalogue.read()).find((one) => one.phase === "ready" && (id === undefined ? one.name === name : one.id === id));
      if (found === undefined) throw notFound(ctx, id ?? name);
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
      await update(ctx, "close the volume", id, (record) => {
        if (record.attachments.length === 0) return { ...record, phase: "removing" };
        const hosts = record.attachments.map(({ hostId }) => hostId).join(", ");
        const message = `volume ${JSON.stringify(record.name)} is attached to ${hosts}; detach it first`;
        throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", message, { resource: id, outcome: "none" });
      });
      const closed = (await catalogue.read()).find((one) => one.id === id && one.phase === "removing");
      if (closed !== undefined) await finishDelete(ctx, closed);
    },

    connectVolume: async ({ volumeId: id, connector, mode }, ctx) => {
      const { hostId } = connector;
      const record = await update(ctx, "record the attachment", id, (current) => {
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

    disconnectVolume: async ({ volumeId: id, attachmentId: gone }, ctx) => {
      await update(ctx, "remove the attachment", id, (current) => ({ ...current, attachments: current.attachments.filter((one) => one.id !== gone) }));
    },

    listConnections: async ({ volumeId: id, hostId }, ctx) => {
      const records = await catalogue.read();
      if (id !== undefined && findReady(records, id) === undefined) throw notFound(ctx, id);
      const attachments = records.flatMap((record) => record.attachments);
      return attachments.filter((one) => (id ?? one.volumeId) === one.volumeId && (hostId ?? one.hostId) === one.hostId).map(toConnection);
    },

    readFormat: async ({ volumeId: id }, ctx) => {
      const record = findReady(await catalogue.read(), id);
      if (record === undefined) throw notFound(ctx, id);
      return record.format;
    },

    writeFormat: async ({ volumeId: id, next }, ctx) => {
      const record = await update(ctx, "record the format", id, (current) => (follows(current.format, next) ? { ...current, format: next } : current));
      if (record === undefined) throw notFound(ctx, id);
      if (record.format === null) throw ctx.fail("FAILED_PRECONDITION", "format-not-begun", "the volume has no record that formatting was begun", { resource: id, outcome: "none" });
      return record.format;
    },

    close: () => Promise.resolve(),
  };
}

const findReady = (records: Records, id: VolumeId): VolumeRecord | undefined => records.find((one) => one.id === id && one.phase === "ready");

/** `formatting` only over nothing; `formatted` only over the same file system's `formatting`. */
function follows(current: FormatRecord | null, next: FormatRecord): boolean {
  return next.state === "formatting" ? current === null : current?.state === "formatting" && current.fsUuid === next.fsUuid && current.fsType === next.fsType;
}

const toVolume = ({ id, name, sizeBytes, createdAt, attachments }: VolumeRecord): Volume => {
  return { id, name, sizeBytes, createdAt, parameters: {}, state: attachments.length === 0 ? "available" : "in-use" };
};

const notFound = (ctx: CallContext<"getVolume" | "connectVolume" | "listAttachments" | "readFormat" | "writeFormat">, what: VolumeId | string): Error =>
  ctx.fail("NOT_FOUND", "volume-not-found", `no volume ${JSON.stringify(what)}`, { resource: what, outcome: "none" });
