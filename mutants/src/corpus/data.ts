import { SouthboundError } from "@opensds/core";
import type { Mutant } from "../mutant.js";
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { at, backingFile, deaf, inLastMiB } from "../support.js";

/** Bytes, and the records of who has them. */
export const dataMutants: readonly Mutant[] = [
  {
    name: "loses the last page of large files when it unmounts",
    breaks: "SB-DATA-1",
    seen: "democratic-csi: unmounted lazily, the session ended before the last pages were out",
    driver: () => (sound) => ({
      unmountVolume: async (record, options) => {
        const directory = String(at(record, "directory"));
        const files = (await sound.listMounts({ directory }).catch(() => [])).length === 0 ? [] : readdirSync(directory).map((name) => join(directory, name));
        for (const path of files.filter((one) => statSync(one).isFile() && statSync(one).size > 2 ** 19)) {
          const file = openSync(path, "r+");
          writeSync(file, Buffer.alloc(4096), 0, 4096, fstatSync(file).size - 4096);
          closeSync(file);
        }
        await sound.unmountVolume(record, options);
      },
    }),
  },
  {
    name: "shows the bytes of a deleted volume in the next one",
    breaks: "SB-DATA-2",
    seen: "Cinder: deleted data must never be readable in a new volume; thin LVM drivers that did not wipe",
    backend: () => {
      const lastMiB = Buffer.alloc(2 ** 20);
      const used = new Set<string>();
      return (sound) => ({
        connectVolume: async (request, ctx) => {
          const connection = await sound.connectVolume(request, ctx);
          if (connection.info.protocol === "file" && !used.has(request.volumeId)) inLastMiB(connection.info.path, (file, at) => writeSync(file, lastMiB, 0, lastMiB.length, at));
          used.add(request.volumeId);
          return connection;
        },
        disconnectVolume: async (request, ctx) => {
          const [there] = await sound.listConnections({ volumeId: request.volumeId }, deaf("listAttachments", ctx)).catch(() => []);
          await sound.disconnectVolume(request, ctx);
          if (there?.info.protocol === "file") inLastMiB(there.info.path, (file, at) => readSync(file, lastMiB, 0, lastMiB.length, at));
        },
      });
    },
  },
  {
    name: "drops the whole blocks that it holds in its write-back cache when it detaches",
    breaks: "SB-DATA-3",
    seen: "rbd caches and daemons that are killed instead of being flushed",
    driver: () => (sound) => ({
      detachVolume: async (record, options) => {
        const file = backingFile(at(record, "device", "path"));
        await sound.detachVolume(record, options);
        if (file === undefined || backingFile(record.device?.path) === file) return;
        const bytes = readFileSync(file);
        const starts = Array.from({ length: bytes.length / 2 ** 20 }, (_block, index) => index * 2 ** 20);
        const cached = starts.filter((at) => !bytes.subarray(at, at + 2 ** 20).includes(Buffer.alloc(512)));
        for (const at of cached) bytes.fill(0, at, at + 2 ** 20);
        if (cached.length > 0) writeFileSync(file, bytes);
      },
    }),
  },
  {
    name: "finds no record by a device's path",
    breaks: "SB-RECORD-1",
    seen: "a caller that has only /dev/loop3 cannot finish",
    driver: () => (sound) => ({
      listAttachments: async (request, options) => {
        const records = await sound.listAttachments(request, options);
        return request?.devicePath === undefined ? records : [];
      },
    }),
  },
  {
    name: "says of a mount that is there already that it made the directory",
    breaks: ["SB-MOUNT-1", "SB-RECORD-1"],
    driver: () => (sound) => ({
      mountVolume: async (request, options) => {
        const directory = at(request, "directory");
        const there = typeof directory === "string" ? await sound.listMounts({ directory }).catch(() => []) : [];
        const record = await sound.mountVolume(request, options);
        return there.length > 0 ? { ...record, createdDirectory: true } : record;
      },
    }),
  },
  {
    name: "detaches by the device's name",
    breaks: "SB-RECORD-2",
    seen: "CVE-2023-2088: a stale device that is another tenant's by now",
    driver: () => (sound) => ({
      detachVolume: async (record, options) => {
        const devicePath = at(record, "device", "path");
        const [now] = typeof devicePath === "string" ? await sound.listAttachments({ devicePath }).catch(() => []) : [];
        const meant = at(record, "attachment", "volumeId");
        const another = now !== undefined && meant !== undefined && now.attachment.volumeId !== meant;
        await sound.detachVolume(another ? now : record, options);
      },
    }),
  },
  {
    name: "detaches only what its own process attached, and reports success",
    breaks: "SB-RECORD-3",
    seen: "democratic-csi 536: unstage finds no device, reports success, and the session is orphaned",
    driver: () => {
      const own = new Set<string>();
      return (sound) => ({
        attachVolume: async (request, options) => {
          const record = await sound.attachVolume(request, options);
          own.add(record.attachment.id);
          return record;
        },
        detachVolume: async (record, options) => {
          const known = own.has(String(at(record, "attachment", "id")));
          // A device that another process made; what is no such thing is none of this mutant's business.
          const found = at(record, "type") === "attachment" && at(record, "version") === 1 && backingFile(at(record, "device", "path")) !== undefined;
          if (known || !found) await sound.detachVolume(record, options);
        },
      });
    },
  },
  {
    name: "takes a record of a later version for one of its own",
    breaks: "SB-RECORD-4",
    seen: "ceph-csi: stash files of other versions",
    driver: () => (sound) => ({
      detachVolume: (record, options) => sound.detachVolume(at(record, "version") === 2 ? { ...record, version: 1 } : record, options),
    }),
  },
  {
    name: "refuses a file system whose UUID another volume's has that is mounted",
    breaks: "SB-SOURCE-3",
    seen: "ceph-csi 966: xfs of a clone on its source's node, \"wrong fs type, bad option, bad superblock\"",
    driver: () => {
      const held = new Map<string, string>();
      return (sound) => ({
        mountVolume: async (request, options) => {
          const record = await sound.mountVolume(request, options);
          const holder = held.get(record.fsUuid) ?? record.volumeId;
          if (holder === record.volumeId) held.set(record.fsUuid, holder);
          else await sound.unmountVolume(record);
          if (holder === record.volumeId) return record;
          throw new SouthboundError("FAILED_PRECONDITION", "mount-failed", "mount: wrong fs type, bad option, bad superblock", { outcome: "none" });
        },
        unmountVolume: async (record, options) => {
          await sound.unmountVolume(record, options);
          held.delete(String(at(record, "fsUuid")));
        },
      });
    },
  },
];
