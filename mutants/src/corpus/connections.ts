import { SouthboundError, type ConnectorFacts, type DriverManifest } from "@opensds/core";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Mutant } from "../mutant.js";
import { deaf, holders, isCode, isReason } from "../support.js";

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
          const own = attachment.hostId === request.connector.hostId && attachment.mode === request.mode;
          if (own) await sound.disconnectVolume(again, deaf("disconnectVolume", ctx));
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
    alsoFails: { "ERRORS-6": "connecting what is not there is one of its cases" },
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
