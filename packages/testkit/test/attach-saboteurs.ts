import type { Connection, StorageBackend } from "@opensds/core";
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { contextFor, type Saboteur } from "./saboteurs.js";

/** Saboteurs of connections and devices: they run on files. Those that need a device say so. */
export const attachSaboteurs: readonly (Saboteur & { readonly needsDevice?: true })[] = [
  {
    name: "deletes a volume that is attached",
    caughtBy: ["DELETE-3"],
    make: () => (backend) => ({
      deleteVolume: async (request, ctx) => {
        await disconnectAll(backend, request.id, contextFor("listAttachments", ctx), contextFor("disconnectVolume", ctx));
        await backend.deleteVolume(request, ctx);
      },
    }),
  },
  {
    name: "closes a volume to attachments before it refuses to delete it, and leaves it closed",
    caughtBy: ["DELETE-3"],
    make: () => {
      const closed = new Set<string>();
      return (backend) => ({
        deleteVolume: async (request, ctx) => {
          closed.add(request.id);
          await backend.deleteVolume(request, ctx);
        },
        connectVolume: (request, ctx) => {
          if (!closed.has(request.volumeId)) return backend.connectVolume(request, ctx);
          throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", "the volume is being deleted", { outcome: "none" });
        },
      });
    },
  },
  {
    name: "takes the volume from the host that has it",
    caughtBy: ["ATTACH-1"],
    make: () => (backend) => ({
      connectVolume: async (request, ctx) => {
        const lists = contextFor("listAttachments", ctx);
        const [holder] = await backend.listConnections({ volumeId: request.volumeId }, lists);
        if (holder !== undefined && holder.attachment.hostId !== request.connector.hostId) {
          await disconnectAll(backend, request.volumeId, lists, contextFor("disconnectVolume", ctx));
        }
        return backend.connectVolume(request, ctx);
      },
    }),
  },
  {
    name: "refuses another host without saying who has the volume",
    caughtBy: ["ATTACH-1"],
    make: () => (backend) => ({
      connectVolume: (request, ctx) =>
        backend.connectVolume(request, ctx).catch(() => {
          throw ctx.fail("FAILED_PRECONDITION", "volume-attached-elsewhere", "another host has the volume", { outcome: "none" });
        }),
    }),
  },
  {
    name: "gives a writable connection for a reading mode",
    caughtBy: ["ATTACH-3"],
    needsDevice: true,
    make: () => (backend) => ({
      connectVolume: async (request, ctx) => writable(await backend.connectVolume(request, ctx)),
      listConnections: async (request, ctx) => (await backend.listConnections(request, ctx)).map(writable),
    }),
  },
  {
    name: "shows the bytes of a deleted volume in the next one",
    caughtBy: ["DATA-2"],
    needsDevice: true,
    make: () => {
      const lastMiB: Buffer = Buffer.alloc(2 ** 20);
      const used = new Set<string>();
      return (backend) => ({
        connectVolume: async (request, ctx) => {
          const connection = await backend.connectVolume(request, ctx);
          const { info } = connection;
          if (info.protocol === "file" && !used.has(request.volumeId)) atEnd(info.path, (file, at) => writeSync(file, lastMiB, 0, lastMiB.length, at));
          used.add(request.volumeId);
          return connection;
        },
        disconnectVolume: async (request, ctx) => {
          const [connection] = await backend.listConnections({ volumeId: request.volumeId }, contextFor("listAttachments", ctx));
          await backend.disconnectVolume(request, ctx);
          if (connection?.info.protocol === "file") atEnd(connection.info.path, (file, at) => readSync(file, lastMiB, 0, lastMiB.length, at));
        },
      });
    },
  },
  {
    name: "rebuilds a record with another time",
    caughtBy: ["ATTACH-2", "MOUNT-3", "RECORDS-1", "RECORDS-2"],
    needsDevice: true,
    make: () => {
      let reads = 0;
      const drift = (connection: Connection): Connection => {
        reads += 1;
        const attachedAt = new Date(Date.parse(connection.attachment.attachedAt) + reads * 1000).toISOString();
        return { ...connection, attachment: { ...connection.attachment, attachedAt } };
      };
      return (backend) => ({
        connectVolume: async (request, ctx) => drift(await backend.connectVolume(request, ctx)),
        listConnections: async (request, ctx) => (await backend.listConnections(request, ctx)).map(drift),
      });
    },
  },
];

async function disconnectAll(
  backend: StorageBackend,
  volumeId: Parameters<StorageBackend["deleteVolume"]>[0]["id"],
  lists: Parameters<StorageBackend["listConnections"]>[1],
  disconnects: Parameters<StorageBackend["disconnectVolume"]>[1],
): Promise<void> {
  for (const { attachment } of await backend.listConnections({ volumeId }, lists).catch(() => [])) {
    await backend.disconnectVolume({ volumeId, attachmentId: attachment.id }, disconnects);
  }
}

/** The last MiB of a file larger than one. */
function atEnd(path: string, work: (file: number, at: number) => number): void {
  const file = openSync(path, "r+");
  const at = fstatSync(file).size - 2 ** 20;
  if (at > 2 ** 20) work(file, at);
  closeSync(file);
}

const writable = ({ attachment, info }: Connection): Connection => ({
  attachment: { ...attachment, mode: "single-writer" },
  info: { ...info, readOnly: false },
});
