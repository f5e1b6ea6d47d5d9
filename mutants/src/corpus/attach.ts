import { SouthboundError, type ConnectorFacts, type DriverManifest } from "@opensds/core";
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Mutant } from "../mutant.js";
import { at, backingFile, deaf, holders, isCode, isReason, via } from "../support.js";

/** What is recorded of who has a volume. */
export const connectionMutants: readonly Mutant[] = [
  {
    name: "records another attachment each time that a host asks",
    breaks: "SB-ATTACH-1",
    seen: "Cinder: initialize_connection \"may be called multiple times\", and some drivers export twice",
    backend: () => (sound) => ({
      connectVolume: async (request, ctx) => {
        for (const { attachment } of await sound.listConnections({ volumeId: request.volumeId }, deaf("listAttachments", ctx)).catch(() => [])) {
          const again = { volumeId: request.volumeId, attachmentId: attachment.id };
          if (attachment.hostId === request.connector.hostId) await sound.disconnectVolume(again, deaf("disconnectVolume", ctx));
        }
        return sound.connectVolume(request, ctx);
      },
    }),
  },
  {
    name: "tells of an attachment that is there already as of a new one",
    breaks: "SB-ATTACH-1",
    driver: () => {
      const seen = new Set<string>();
      return (sound) => ({
        attachVolume: async (request, options) => {
          const record = await sound.attachVolume(request, options);
          const again = seen.has(record.attachment.id);
          seen.add(record.attachment.id);
          return again ? { ...record, attachment: { ...record.attachment, attachedAt: new Date(0).toISOString() } } : record;
        },
      });
    },
  },
  {
    name: "refuses another host without saying who has the volume",
    breaks: "SB-ATTACH-2",
    seen: "CSI: FAILED_PRECONDITION \"SHOULD specify the node\"; few do",
    backend: () => (sound) => ({
      connectVolume: (request, ctx) =>
        sound.connectVolume(request, ctx).catch((error: unknown) => {
          const told = ctx.fail("FAILED_PRECONDITION", "volume-attached-elsewhere", "another host has the volume", { outcome: "none" });
          throw isReason(error, "volume-attached-elsewhere") ? told : error;
        }),
    }),
  },
  {
    name: "gives a writable connection for a reading mode",
    breaks: "SB-ATTACH-3",
    seen: "CSI drivers that mount read-only and map read-write",
    backend: () => (sound) => ({
      connectVolume: async (request, ctx) => {
        const { attachment, info } = await sound.connectVolume(request, ctx);
        return { attachment: { ...attachment, mode: "single-writer" }, info: { ...info, readOnly: false } };
      },
      listConnections: async (request, ctx) => {
        const connections = await sound.listConnections(request, ctx);
        return connections.map(({ attachment, info }) => ({ attachment: { ...attachment, mode: "single-writer" }, info: { ...info, readOnly: false } }));
      },
    }),
    alsoFails: { "MOUNT-10": "it mounts a volume that is attached for reading", "ATTACH-4": "it reads the recorded mode" },
  },
  {
    name: "lets one host only have a volume multi-writer",
    breaks: "SB-ATTACH-4",
    seen: "OpenSDS: `multiAttach` is a flag of the pool that no driver reads",
    backend: () => (sound) => ({
      connectVolume: async (request, ctx) => {
        const hosts = request.mode === "multi-writer" ? await holders(sound, request.volumeId, ctx) : [];
        if (hosts.every((host) => host === request.connector.hostId)) return sound.connectVolume(request, ctx);
        throw ctx.fail("FAILED_PRECONDITION", "volume-attached-elsewhere", `host ${hosts.join()} has the volume`, { outcome: "none" });
      },
    }),
  },
  {
    name: "grants an access mode that its manifest does not name",
    breaks: "SB-ATTACH-5",
    driver: () => (sound) => {
      const narrow = (manifest: DriverManifest): DriverManifest => ({ ...manifest, accessModes: manifest.accessModes.filter((mode) => mode !== "multi-writer") });
      return {
        get manifest() {
          return narrow(sound.manifest);
        },
        setup: async (options) => narrow(await sound.setup(options)),
      };
    },
  },
  {
    name: "says of a volume that is not there that it is not ready",
    breaks: "SB-ATTACH-6",
    seen: "democratic-csi: every failed attach is UNAVAILABLE or FAILED_PRECONDITION",
    backend: () => (sound) => ({
      connectVolume: (request, ctx) =>
        sound.connectVolume(request, ctx).catch((error: unknown) => {
          throw isCode(error, "NOT_FOUND") ? ctx.fail("FAILED_PRECONDITION", "volume-not-ready", "the volume is not ready", { outcome: "none" }) : error;
        }),
    }),
  },
  {
    name: "leaves an attachment recorded when it could make no device, and says that nothing has changed",
    breaks: "SB-ATTACH-7",
    seen: "os-brick: when the link never appears it warns and returns the path that is missing (LP 1884114)",
    driver: () => {
      let own: ConnectorFacts | undefined;
      return (sound) => ({
        attachVolume: async (request, options) => {
          const record = await sound.attachVolume(request, options).catch(async (error: unknown) => {
            if (own === undefined || !isReason(error, "loop-device-failed")) throw error;
            await sound.connectVolume({ ...request, connector: own });
            throw new SouthboundError("UNAVAILABLE", "loop-device-failed", "there is no device", { operation: "attachVolume", backend: sound.backend, outcome: "none" });
          });
          own = record.attachment.connector;
          return record;
        },
      });
    },
  },
  {
    name: "fails to give up what a volume that nobody has is not attached by",
    breaks: "SB-DETACH-1",
    seen: "CSI: \"unpublish of nothing is OK\", and drivers that answer NOT_FOUND",
    backend: () => (sound) => ({
      disconnectVolume: async (request, ctx) => {
        const there = await sound.getVolume({ id: request.volumeId }, deaf("getVolume", ctx)).catch(() => undefined);
        if (there?.state !== "available") return sound.disconnectVolume(request, ctx);
        throw ctx.fail("INTERNAL", "command-failed", "the volume is not attached to anybody", { outcome: "none" });
      },
    }),
    alsoFails: { "CRASH-11": "it repeats a disconnect that had ended" },
  },
  {
    name: "gives up another host's attachment",
    breaks: "SB-DETACH-5",
    seen: "Cinder force-detach: connector None ends every host's attachment",
    driver: () => (sound) => ({
      detachVolume: async (record, options) => {
        try {
          await sound.detachVolume(record, options);
        } catch (error) {
          if (!isReason(error, "attachment-on-other-host")) throw error;
          await sound.disconnectVolume({ volumeId: record.attachment.volumeId, attachmentId: record.attachment.id }, options);
        }
      },
    }),
  },
  {
    name: "gives up whatever attachment a host has of a volume",
    breaks: "SB-DETACH-6",
    seen: "Cinder: terminate_connection goes by volume and connector, not by attachment",
    backend: () => {
      const hosts = new Map<string, string>();
      return (sound) => ({
        disconnectVolume: async ({ volumeId, attachmentId }, ctx) => {
          const there = await sound.listConnections({ volumeId }, deaf("listAttachments", ctx)).catch(() => []);
          for (const { attachment } of there) hosts.set(attachment.id, attachment.hostId);
          const same = there.find(({ attachment }) => attachment.hostId === hosts.get(attachmentId));
          await sound.disconnectVolume({ volumeId, attachmentId: same?.attachment.id ?? attachmentId }, ctx);
        },
      });
    },
  },
  {
    name: "gives another host a connection that only this one can use",
    breaks: "SB-CONNECT-1",
    seen: "OpenSDS's ceph driver: `hosts` in the connection is the client's own host name",
    backend: () => (sound) => ({
      connectVolume: async (request, ctx) => {
        const { attachment, info } = await sound.connectVolume(request, ctx);
        const own = request.connector.hostName !== hostname() || readFileSync("/etc/machine-id", "utf8").startsWith(request.connector.hostId);
        return { attachment, info: own || info.protocol !== "file" ? info : { ...info, path: `/proc/self/cwd${info.path}` } };
      },
    }),
    alsoFails: { "FENCING-3": "the host that it fences attaches with a connection of its own" },
  },
];

/** Devices on this host. */
export const deviceMutants: readonly Mutant[] = [
  {
    name: "serves whole objects of 4 MiB, whatever the volume's size",
    breaks: "SB-SIZE-3",
    seen: "DESIGN: kernels make devices of whole sectors, stripes of whole objects",
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
    seen: "DESIGN, measured: with the mount in another namespace `losetup -d` returns 0, and the file is attached twice",
    driver: () => (sound) => ({
      detachVolume: async (record, options) => {
        const { device, attachment } = record;
        const mountedHere = device === null || readFileSync("/proc/self/mountinfo", "utf8").includes(` ${device.path} `);
        await sound.detachVolume(record, options).catch(async (error: unknown) => {
          if (mountedHere || !isReason(error, "device-held")) throw error;
          execFileSync("losetup", ["--detach", device.path]);
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
        const volumeId = at(record, "attachment", "volumeId");
        const mounts = typeof volumeId === "string" && record.device !== null ? await sound.listMounts({ volumeId: record.attachment.volumeId }) : [];
        for (const mount of mounts) await sound.unmountVolume(mount, options);
        await sound.detachVolume(record, options);
      },
    }),
    alsoFails: { "RECORDS-4": "a record of another version is looked at before it is refused" },
  },
  {
    name: "returns from a detach while another device still serves the volume",
    breaks: "SB-DETACH-3",
    seen: "democratic-csi 536: success is reported, and the session stays: 1.3 a day",
    driver: () => {
      const left: string[] = [];
      return (sound) => ({
        attachVolume: (request, options) => {
          for (const device of left.splice(0)) execFileSync("losetup", ["--detach", device]);
          return sound.attachVolume(request, options);
        },
        detachVolume: async (record, options) => {
          const file = backingFile(at(record, "device", "path"));
          await sound.detachVolume(record, options);
          if (file === undefined || backingFile(record.device?.path) !== undefined) return;
          left.push(execFileSync("losetup", ["--find", "--show", "--read-only", file], { encoding: "utf8" }).trim());
        },
      });
    },
    alsoFails: { "CRASH-4": "it looks for devices after the detach too", "CRASH-12": "it looks for devices after the detach too" },
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
    alsoFails: { "RECORDS-2": "it detaches an ended attachment", "ATTACH-10": "it detaches an ended attachment" },
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
