import { SouthboundError } from "@opensds/core";
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, readFileSync, statSync } from "node:fs";
import type { Mutant } from "../mutant.js";
import { at, backingFile, isCode, isReason, via } from "../support.js";

/** Devices on this host. */
export const deviceMutants: readonly Mutant[] = [
  {
    name: "serves whole objects of 4 MiB, whatever the volume's size",
    breaks: "SB-SIZE-3",
    seen: "kernels make devices of whole sectors, stripes of whole objects",
    backend: () => (sound) => ({
      connectVolume: async (request, ctx) => {
        const connection = await sound.connectVolume(request, ctx);
        const { sizeBytes } = await sound.getVolume({ id: request.volumeId }, via("getVolume", ctx));
        if (connection.info.protocol !== "file" || sizeBytes === null || sizeBytes <= 2 ** 22) return connection;
        const file = openSync(connection.info.path, "r+");
        ftruncateSync(file, Math.ceil(sizeBytes / 2 ** 22) * 2 ** 22);
        closeSync(file);
        return connection;
      },
    }),
  },
  {
    name: "looks for mounts in its own mount namespace only",
    breaks: "SB-DETACH-2",
    seen: "measured on the lab: with the mount in another namespace `losetup -d` returns 0, and the file is attached twice",
    driver: () => (sound) => ({
      detachVolume: async (record, options) => {
        const path = String(at(record, "device", "path"));
        const mountedHere = readFileSync("/proc/self/mountinfo", "utf8").includes(` ${path} `);
        await sound.detachVolume(record, options).catch(async (error: unknown) => {
          if (mountedHere || !isReason(error, "device-held")) throw error;
          execFileSync("losetup", ["--detach", path]);
          const { attachment } = record;
          await sound.disconnectVolume({ volumeId: attachment.volumeId, attachmentId: attachment.id }, options);
        });
      },
    }),
  },
  {
    name: "unmounts a volume that it is to detach",
    breaks: "SB-DETACH-2",
    driver: () => (sound) => ({
      detachVolume: async (record, options) => {
        const attached = at(record, "type") === "attachment" && at(record, "version") === 1 && typeof at(record, "attachment", "volumeId") === "string";
        const mounts = attached ? await sound.listMounts({ volumeId: record.attachment.volumeId }).catch(() => []) : [];
        for (const mount of mounts) await sound.unmountVolume(mount, options);
        await sound.detachVolume(record, options);
      },
    }),
    alsoFails: { "LEAKS-1": "it wants a mounted volume's detach refused" },
  },
  {
    name: "returns from a detach while another device still serves the volume",
    breaks: "SB-DETACH-3",
    seen: "democratic-csi 536: success is reported, and the session stays: 1.3 a day",
    driver: () => {
      const left: (readonly [string, string])[] = [];
      const letGo = (): void => {
        for (const [device, file] of left.splice(0)) if (backingFile(device) === file) execFileSync("losetup", ["--detach", device]);
      };
      return (sound) => ({
        attachVolume: (request, options) => (letGo(), sound.attachVolume(request, options)),
        deleteVolume: (request, options) => (letGo(), sound.deleteVolume(request, options)),
        detachVolume: async (record, options) => {
          const file = backingFile(at(record, "device", "path"));
          await sound.detachVolume(record, options);
          // Small volumes only: larger ones hold file systems, and too much of the suite would stumble over their devices.
          if (file === undefined || backingFile(record.device?.path) === file || statSync(file).size > 2 ** 20) return;
          left.push([execFileSync("losetup", ["--find", "--show", "--read-only", file], { encoding: "utf8" }).trim(), file]);
        },
      });
    },
    alsoFails: {
      "CRASH-4": "it looks for devices after the detach too",
      "CRASH-12": "it looks for devices after the detach too",
      "ATTACH-13": "it attaches in another way afterwards",
    },
  },
  {
    name: "fails to detach twice",
    breaks: "SB-DETACH-1",
    driver: () => {
      const gone = new Set<string>();
      return (sound) => ({
        detachVolume: async (record, options) => {
          const id = String(at(record, "attachment", "id"));
          const told = { operation: "detachVolume", backend: sound.backend, outcome: "none" } as const;
          if (gone.has(id)) throw new SouthboundError("FAILED_PRECONDITION", "attachment-not-found", "it is not attached", told);
          await sound.detachVolume(record, options);
          gone.add(id);
        },
      });
    },
    alsoFails: {
      "RECORDS-2": "it detaches an ended attachment",
      "ATTACH-10": "it detaches an ended attachment",
      "CRASH-12": "it repeats a detach that had ended",
    },
  },
  {
    name: "keeps a device for as long as its backend does not answer",
    breaks: "SB-DETACH-4",
    driver: () => (sound) => ({
      detachVolume: async (record, options) => {
        const volumeId = at(record, "attachment", "volumeId");
        const asked = typeof volumeId === "string" && volumeId !== "" ? sound.getVolume({ id: record.attachment.volumeId }) : Promise.resolve();
        await asked.catch((error: unknown) => {
          if (isCode(error, "UNAVAILABLE")) throw error;
        });
        await sound.detachVolume(record, options);
      },
    }),
  },
  {
    name: "detaches whatever a host has of the volume now",
    breaks: "SB-DETACH-6",
    seen: "os-brick's rbd connector finds a device by the image's name alone",
    driver: () => (sound) => ({
      detachVolume: async (record, options) => {
        const volumeId = at(record, "attachment", "volumeId");
        const here = typeof volumeId === "string" && volumeId !== "" ? await sound.listAttachments({ volumeId: record.attachment.volumeId }).catch(() => []) : [];
        const [now] = here.filter(({ attachment }) => attachment.id !== record.attachment.id);
        await sound.detachVolume(now ?? record, options);
      },
    }),
  },
];
