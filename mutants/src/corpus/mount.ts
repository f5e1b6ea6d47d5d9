import { SouthboundError, type FormatRecord } from "@opensds/core";
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readSync, realpathSync, rmdirSync, writeSync } from "node:fs";
import type { Mutant } from "../mutant.js";
import { at, deaf, isReason, via, withField } from "../support.js";

/** File systems: what is formatted, mounted and unmounted. */
export const mountMutants: readonly Mutant[] = [
  {
    name: "follows symbolic links to the directory",
    breaks: "SB-MOUNT-2",
    seen: "CVE-2017-1002101 and its kin: a mount through a symbolic link",
    driver: () => (sound) => ({
      mountVolume: (request, options) => {
        let directory = at(request, "directory");
        try {
          directory = realpathSync(String(directory));
        } catch {
          return sound.mountVolume(request, options);
        }
        return sound.mountVolume(withField(request, "directory", "string", () => String(directory)), options);
      },
    }),
  },
  {
    name: "takes swap space for unused space",
    breaks: "SB-MOUNT-3",
    seen: "k8s 13 and after: `blkid` finds nothing it knows, so mkfs runs",
    driver: () => (sound) => ({
      mountVolume: (request, options) => {
        const path = at(request, "attachment", "device", "path");
        if (typeof path !== "string") return sound.mountVolume(request, options);
        const device = openSync(path, "r+");
        const page = Buffer.alloc(4096);
        readSync(device, page, 0, page.length, 0);
        if (page.includes("SWAPSPACE2")) writeSync(device, Buffer.alloc(4096), 0, 4096, 0);
        closeSync(device);
        return sound.mountVolume(request, options);
      },
    }),
  },
  {
    name: "takes a file system that it did not make for a lost one",
    breaks: "SB-MOUNT-4",
    seen: "ceph-csi: a static volume with a file system of its own is refused",
    backend: () => (sound) => ({
      readFormat: async (request, ctx) => {
        const recorded = await sound.readFormat(request, ctx);
        const [there] = await sound.listConnections(request, deaf("listAttachments", ctx)).catch(() => []);
        if (recorded !== null || there?.info.protocol !== "file") return recorded;
        const file = openSync(there.info.path, "r");
        const magic = Buffer.alloc(2);
        readSync(file, magic, 0, 2, 1080);
        closeSync(file);
        return magic.readUInt16LE(0) === 0xef53 ? { state: "formatted", fsType: "ext4", fsUuid: "00000000-0000-4000-8000-000000000000" } : null;
      },
    }),
    alsoFails: { "SNAPSHOTS-7": "a clone bears a file system that was not made on it", "DATA-4": "the same" },
  },
  {
    name: "takes a file system that was being made for one that was made",
    breaks: "SB-MOUNT-5",
    seen: "measured on the lab: a killed mkfs.xfs leaves a signature and a broken file system",
    backend: () => (sound) => ({
      readFormat: async (request, ctx) => {
        const recorded = await sound.readFormat(request, ctx);
        return recorded === null ? null : { ...recorded, state: "formatted" };
      },
    }),
  },
  {
    name: "forgets that it formatted once it is done",
    breaks: "SB-MOUNT-6",
    seen: "k8s, every formatAndMount: what bears no file system is formatted, whatever it bore before",
    backend: () => (sound) => ({
      readFormat: async (request, ctx) => {
        const recorded = await sound.readFormat(request, ctx);
        return recorded?.state === "formatted" ? null : recorded;
      },
      writeFormat: async (request, ctx) => {
        const recorded = await sound.readFormat(request, deaf("readFormat", ctx));
        return recorded?.state === "formatted" ? request.next : sound.writeFormat(request, ctx);
      },
    }),
    alsoFails: { "MOUNT-8": "another process follows the same record", "EXPANSION-4": "a file system that the record does not know is not grown" },
  },
  {
    name: "records formatting under the volume's name, for whichever volume has it",
    breaks: "SB-FORMAT-2",
    seen: "ceph-csi: metadata of an image name that was used again",
    backend: () => {
      const records = new Map<string, FormatRecord>();
      return (sound) => ({
        readFormat: async ({ volumeId }, ctx) => {
          const { name } = await sound.getVolume({ id: volumeId }, via("getVolume", ctx));
          return records.get(name) ?? null;
        },
        writeFormat: async ({ volumeId, next }, ctx) => {
          const { name } = await sound.getVolume({ id: volumeId }, via("getVolume", ctx));
          records.set(name, next);
          return next;
        },
      });
    },
  },
  {
    name: "keeps what it knows of formatting in its process",
    breaks: "SB-FORMAT-2",
    seen: "democratic-csi: state in an LRU, gone with the process",
    backend: () => {
      const records = new Map<string, FormatRecord>();
      return () => ({
        readFormat: ({ volumeId }) => Promise.resolve(records.get(volumeId) ?? null),
        writeFormat: ({ volumeId, next }) => {
          records.set(volumeId, next);
          return Promise.resolve(next);
        },
      });
    },
  },
  {
    name: "mounts what several hosts write",
    breaks: "SB-MOUNT-7",
    seen: "ceph-csi allows RWX for block only, after file systems were lost",
    driver: () => (sound) => ({
      mountVolume: (request, options) => {
        if (at(request, "attachment", "attachment", "mode") !== "multi-writer") return sound.mountVolume(request, options);
        const { attachment } = request;
        return sound.mountVolume({ ...request, attachment: { ...attachment, attachment: { ...attachment.attachment, mode: "single-writer" } } }, options);
      },
    }),
  },
  {
    name: "mounts for writing whatever was asked for",
    breaks: "SB-MOUNT-8",
    driver: () => (sound) => ({ mountVolume: (request, options) => sound.mountVolume(withField(request, "readOnly", "boolean", () => undefined), options) }),
  },
  {
    name: "moves a mount to the directory that was asked for last",
    breaks: "SB-MOUNT-9",
    driver: () => (sound) => ({
      mountVolume: (request, options) =>
        sound.mountVolume(request, options).catch(async (error: unknown) => {
          if (!isReason(error, "already-mounted")) throw error;
          for (const record of await sound.listMounts({ volumeId: request.attachment.attachment.volumeId })) await sound.unmountVolume(record);
          return sound.mountVolume(request, options);
        }),
    }),
  },
  {
    name: "makes a directory's parents too",
    breaks: "SB-MOUNT-10",
    driver: () => (sound) => ({
      mountVolume: (request, options) =>
        sound.mountVolume(request, options).catch((error: unknown) => {
          if (!isReason(error, "directory-not-found") || request.createDirectory !== true) throw error;
          mkdirSync(request.directory, { recursive: true });
          return sound.mountVolume(request, options);
        }),
    }),
  },
  {
    name: "unmounts only while the volume is there",
    breaks: "SB-UNMOUNT-1",
    seen: "CSI: \"unpublish of nothing is OK\"; drivers look the volume up first",
    driver: () => (sound) => ({
      unmountVolume: async (record, options) => {
        await sound.unmountVolume(record, options);
        await sound.getVolume({ id: record.volumeId }).catch(refuse);

        function refuse(): never {
          throw new SouthboundError("FAILED_PRECONDITION", "attachment-not-found", "there is no such volume", { operation: "unmountVolume", outcome: "none" });
        }
      },
    }),
  },
  {
    name: "unmounts lazily what is in use",
    breaks: "SB-UNMOUNT-2",
    seen: "democratic-csi, k8s: `umount -l` when it is busy",
    driver: () => (sound) => ({
      unmountVolume: (record, options) =>
        sound.unmountVolume(record, options).catch((error: unknown) => {
          if (!isReason(error, "mount-busy")) throw error;
          execFileSync("umount", ["--lazy", record.directory]);
        }),
    }),
  },
  {
    name: "removes a directory that it was allowed to make, whoever made it",
    breaks: "SB-UNMOUNT-3",
    driver: () => {
      const allowed = new Set<string>();
      return (sound) => ({
        mountVolume: async (request, options) => {
          const record = await sound.mountVolume(request, options);
          if (request.createDirectory === true) allowed.add(record.directory);
          return record;
        },
        unmountVolume: async (record, options) => {
          await sound.unmountVolume(record, options);
          if (allowed.delete(record.directory) && !record.createdDirectory) rmdirSync(record.directory);
        },
      });
    },
  },
];
