import type { AttachmentRecord, Connection, FormatRecord, VolumeDriver } from "@opensds/core";
import { execFileSync } from "node:child_process";
import { constants, copyFileSync, rmdirSync, mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { contextFor } from "./saboteurs.js";
import type { Sabotage } from "./support/targets.js";

/** A driver that breaks one rule of the host half or of connections, and the checks that notice among those that are run. */
export interface HostSaboteur {
  readonly name: string;
  readonly caughtBy: readonly string[];
  /** What the backend does otherwise; made anew for each run. */
  readonly backend?: () => Sabotage;
  /** What the whole driver does otherwise, as one does that was not made with this package's guard and host half. */
  readonly driver?: (driver: VolumeDriver) => Partial<VolumeDriver>;
}

/** Saboteurs of connections: no device is made. */
export const connectionSaboteurs: readonly HostSaboteur[] = [
  {
    name: "lets one host only have a volume, also where hosts share",
    caughtBy: ["ATTACH-4"],
    backend: () => (backend) => ({
      connectVolume: async (request, ctx) => {
        const there = await backend.listConnections({ volumeId: request.volumeId }, contextFor("listAttachments", ctx));
        if (there.every(({ attachment }) => attachment.hostId === request.connector.hostId)) return backend.connectVolume(request, ctx);
        throw ctx.fail("FAILED_PRECONDITION", "volume-attached-elsewhere", "another host has the volume", { outcome: "none" });
      },
    }),
  },
  {
    name: "grants another mode where it has not the one that was asked for",
    caughtBy: ["ATTACH-5"],
    backend: () => (backend) => ({ manifest: { ...backend.manifest, accessModes: ["single-writer"] } }),
    driver: (driver) => ({
      connectVolume: (request, options) => driver.connectVolume({ ...request, mode: "single-writer" }, options),
    }),
  },
  {
    name: "says of a volume that is not there that it is not ready",
    caughtBy: ["ATTACH-6"],
    backend: () => (backend) => ({
      connectVolume: (request, ctx) =>
        backend.connectVolume(request, ctx).catch(() => {
          throw ctx.fail("FAILED_PRECONDITION", "volume-not-ready", "the volume is not ready", { outcome: "none" });
        }),
    }),
  },
  {
    name: "gives up whatever attachment the volume has",
    caughtBy: ["ATTACH-7"],
    backend: () => (backend) => ({
      disconnectVolume: async ({ volumeId }, ctx) => {
        const [there] = await backend.listConnections({ volumeId }, contextFor("listAttachments", ctx));
        if (there !== undefined) await backend.disconnectVolume({ volumeId, attachmentId: there.attachment.id }, ctx);
      },
    }),
  },
  {
    name: "gives up another host's attachment",
    caughtBy: ["ATTACH-8"],
    driver: (driver) => ({
      detachVolume: ({ attachment: { volumeId, id } }, options) => driver.disconnectVolume({ volumeId, attachmentId: id }, options),
    }),
  },
];

/** Saboteurs of devices and mounts. */
export const hostSaboteurs: readonly HostSaboteur[] = [
  {
    name: "keeps attachments recorded",
    caughtBy: ["ATTACH-9"],
    backend: () => () => ({ disconnectVolume: () => Promise.resolve() }),
  },
  {
    name: "detaches whatever the volume has here",
    caughtBy: ["ATTACH-10"],
    driver: (driver) => ({
      detachVolume: async ({ attachment: { volumeId } }, options) => {
        for (const record of await driver.listAttachments({ volumeId })) await driver.detachVolume(record, options);
      },
    }),
  },
  {
    name: "lets a device go without asking who holds it",
    caughtBy: ["ATTACH-12"],
    driver: (driver) => ({
      detachVolume: async ({ attachment: { volumeId, id }, device }, options) => {
        if (device !== null) execFileSync("losetup", ["--detach", device.path]);
        await driver.disconnectVolume({ volumeId, attachmentId: id }, options);
      },
    }),
  },
  {
    name: "works on a copy of the volume that goes at the end",
    caughtBy: ["DATA-3"],
    backend: () => {
      const copies = new Map<string, string>();
      const copied = ({ attachment, info }: Connection): Connection => {
        const path = copies.get(attachment.id);
        return info.protocol === "file" && path !== undefined ? { attachment, info: { ...info, path } } : { attachment, info };
      };
      return (backend) => ({
        connectVolume: async (request, ctx) => {
          const connection = await backend.connectVolume(request, ctx);
          const { attachment, info } = connection;
          if (info.protocol === "file" && !copies.has(attachment.id)) {
            const path = `${info.path}-${attachment.id}`;
            copyFileSync(info.path, path);
            copies.set(attachment.id, path);
          }
          return copied(connection);
        },
        listConnections: async (request, ctx) => (await backend.listConnections(request, ctx)).map(copied),
      });
    },
  },
  {
    name: "takes every device for unused",
    caughtBy: ["MOUNT-4", "MOUNT-5", "MOUNT-7"],
    driver: (driver) => ({
      mountVolume: async (request, options) => {
        await wipe(request.attachment);
        return driver.mountVolume(request, options);
      },
    }),
  },
  {
    name: "forgets what was recorded about formatting",
    caughtBy: ["MOUNT-6", "MOUNT-7"],
    backend: () => () => ({ readFormat: () => Promise.resolve(null) }),
  },
  {
    name: "records formatting under the volume's name, for whichever volume has it",
    caughtBy: ["MOUNT-7"],
    backend: () => {
      const records = new Map<string, FormatRecord>();
      return (backend) => {
        const nameOf = async (id: Parameters<typeof backend.readFormat>[0]["volumeId"], ctx: Parameters<typeof contextFor>[1]): Promise<string> =>
          (await backend.getVolume({ id }, contextFor("getVolume", ctx))).name;
        return {
          readFormat: async ({ volumeId }, ctx) => records.get(await nameOf(volumeId, ctx)) ?? null,
          writeFormat: async ({ volumeId, next }, ctx) => {
            records.set(await nameOf(volumeId, ctx), next);
            return next;
          },
        };
      };
    },
  },
  {
    name: "mounts what several hosts write",
    caughtBy: ["MOUNT-9"],
    driver: (driver) => ({
      mountVolume: (request, options) => {
        const { attachment: record } = request;
        const attachment = { ...record, attachment: { ...record.attachment, mode: "single-writer" as const } };
        return driver.mountVolume({ ...request, attachment }, options);
      },
    }),
  },
  {
    name: "mounts for writing whatever was asked for",
    caughtBy: ["MOUNT-10"],
    driver: (driver) => ({ mountVolume: (request, options) => driver.mountVolume({ ...request, readOnly: undefined }, options) }),
  },
  {
    name: "moves a mount to the directory that was asked for last",
    caughtBy: ["MOUNT-11"],
    driver: (driver) => ({
      mountVolume: async (request, options) => {
        const { volumeId } = request.attachment.attachment;
        for (const record of await driver.listMounts({ volumeId })) await driver.unmountVolume(record);
        return driver.mountVolume(request, options);
      },
    }),
  },
  {
    name: "makes a directory's parents too",
    caughtBy: ["MOUNT-12"],
    driver: (driver) => ({
      mountVolume: (request, options) => {
        if (request.createDirectory === true) mkdirSync(request.directory, { recursive: true });
        return driver.mountVolume(request, options);
      },
    }),
  },
  {
    name: "unmounts only while the volume is attached",
    caughtBy: ["MOUNT-13"],
    driver: (driver) => ({
      unmountVolume: async (record, options) => {
        await driver.getVolume({ id: record.volumeId });
        await driver.unmountVolume(record, options);
      },
    }),
  },
  {
    name: "unmounts lazily",
    caughtBy: ["MOUNT-14"],
    driver: (driver) => ({
      unmountVolume: async (record, options) => {
        if ((await driver.listMounts({ volumeId: record.volumeId })).length > 0) execFileSync("umount", ["--lazy", record.directory]);
        await driver.unmountVolume(record, options);
      },
    }),
  },
  {
    name: "removes the directory whoever made it",
    caughtBy: ["MOUNT-15"],
    driver: (driver) => ({
      unmountVolume: async (record, options) => {
        await driver.unmountVolume(record, options);
        rmdirSync(record.directory);
      },
    }),
  },
  {
    name: "takes a record of any version for one of its own",
    caughtBy: ["RECORDS-4"],
    driver: (driver) => ({ detachVolume: (record, options) => driver.detachVolume({ ...record, version: 1 }, options) }),
  },
];

async function wipe({ device }: AttachmentRecord): Promise<void> {
  const handle = await open(device?.path ?? "none", constants.O_WRONLY);
  await handle.write(Buffer.alloc(2 ** 21), 0, 2 ** 21, 0);
  await handle.sync();
  await handle.close();
}
