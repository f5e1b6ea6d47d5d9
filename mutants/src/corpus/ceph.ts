import type { QosLimits, Volume } from "@opensds/core";
import { leakedSecret } from "../leaked-secret.js";
import type { CephMutant } from "../mutant.js";
import { at, find, isCode, via } from "../support.js";

/** The Ceph driver with one thing wrong each: what its peers do. They run against the lab. */
export const cephMutants: readonly CephMutant[] = [
  {
    name: "has no answer to EEXIST",
    breaks: "SB-CREATE-1",
    seen: "OpenSDS's ceph driver, createVolume",
    backend: () => (sound) => ({
      createVolume: async (request, ctx) => {
        if ((await find(sound, { name: request.name }, ctx)) === undefined) return sound.createVolume(request, ctx);
        throw ctx.fail("ALREADY_EXISTS", "volume-exists", `the image ${request.name} is there already`, { outcome: "none" });
      },
    }),
  },
  {
    name: "rejects only images that are smaller",
    breaks: "SB-CREATE-3",
    seen: "ceph-csi rbd_journal.go, Exists; limit_bytes is never read",
    backend: () => (sound) => ({
      createVolume: (request, ctx) => sound.createVolume({ ...request, capacity: { ...request.capacity, limitBytes: null } }, ctx),
    }),
  },
  {
    name: "mixes MiB and bytes up and comes out smaller",
    breaks: "SB-SIZE-1",
    seen: "ceph-csi PR 1297",
    backend: () => (sound) => ({
      createVolume: (request, ctx) => {
        const sizeBytes = Math.max(2 ** 20, Math.floor(request.capacity.requiredBytes / 2 ** 20) * 2 ** 20);
        return sound.createVolume({ ...request, sizeBytes, capacity: { ...request.capacity, requiredBytes: sizeBytes } }, ctx);
      },
    }),
  },
  {
    name: "finds nothing by name",
    breaks: "SB-CREATE-2",
    seen: "OpenSDS's ceph driver: PullVolume is \"Not used, do nothing\", and returns nil, nil",
    backend: () => (sound) => ({
      getVolume: (request, ctx) => {
        if (request.name === undefined) return sound.getVolume(request, ctx);
        throw ctx.fail("NOT_FOUND", "volume-not-found", `there is no volume ${request.name}`, { outcome: "none" });
      },
    }),
  },
  {
    name: "says INTERNAL of an image that is not there",
    breaks: "SB-GET-1",
    seen: "ceph-csi: sentinel errors, most of them mapped to Internal",
    backend: () => (sound) => ({
      getVolume: (request, ctx) =>
        sound.getVolume(request, ctx).catch((error: unknown) => {
          throw isCode(error, "NOT_FOUND") ? ctx.fail("INTERNAL", "command-failed", "rbd info failed with exit code 2", { outcome: "none" }) : error;
        }),
    }),
  },
  {
    name: "gives a token only where the page of images ends past the list",
    breaks: "SB-LIST-1",
    seen: "democratic-csi: `end_position > entries_length`",
    backend: () => (sound) => ({
      listVolumePage: async (request, ctx) => {
        const page = await sound.listVolumePage(request, ctx);
        if (page.nextToken === undefined) return page;
        const next = await sound.listVolumePage({ pageSize: request.pageSize, token: page.nextToken }, ctx);
        return next.nextToken === undefined && next.items.length < request.pageSize ? { items: page.items } : page;
      },
    }),
  },
  {
    name: "forgets its tokens with the driver that gave them",
    breaks: "SB-LIST-2",
    seen: "democratic-csi: tokens in memory",
    backend: () => (sound) => {
      const tokens = new Set<string>();
      return {
        listVolumePage: async (request, ctx) => {
          if (request.token !== undefined && !tokens.has(request.token)) throw ctx.fail("ABORTED", "bad-token", "no token of this driver");
          const page = await sound.listVolumePage(request, ctx);
          if (page.nextToken !== undefined) tokens.add(page.nextToken);
          return page;
        },
      };
    },
  },
  {
    name: "says INTERNAL of an image that is still being used",
    breaks: "SB-DELETE-2",
    seen: "ceph-csi controllerserver, issues 4375 and 3873",
    backend: () => (sound) => ({
      deleteVolume: (request, ctx) =>
        sound.deleteVolume(request, ctx).catch((error: unknown) => {
          throw isCode(error, "FAILED_PRECONDITION") ? ctx.fail("INTERNAL", "command-failed", "rbd image is still being used", { outcome: "none" }) : error;
        }),
    }),
  },
  {
    name: "lists an image that it has moved to the trash",
    breaks: "SB-DELETE-3",
    seen: "ceph-csi 1728: images stuck in the trash, and counted",
    backend: () => {
      const gone: Volume[] = [];
      return (sound) => ({
        deleteVolume: async (request, ctx) => {
          const there = await find(sound, request, ctx);
          await sound.deleteVolume(request, ctx);
          if (there !== undefined) gone.push(there);
        },
        listVolumePage: async (request, ctx) => {
          const page = await sound.listVolumePage(request, ctx);
          const room = page.nextToken === undefined ? request.pageSize - page.items.length : 0;
          return { ...page, items: [...page.items, ...gone.slice(-1).slice(0, room)] };
        },
      });
    },
  },
  {
    name: "maps a read-only mode for writing",
    breaks: "SB-ATTACH-3",
    seen: "`rbd map` without --read-only",
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
  },
  {
    name: "refuses names with an @ in them",
    breaks: "SB-NAME-1",
    seen: "`rbd`: pool/image@snap",
    backend: () => (sound) => ({
      createVolume: (request, ctx) => {
        if (!request.name.includes("@")) return sound.createVolume(request, ctx);
        throw ctx.fail("INVALID_ARGUMENT", "bad-request", `${request.name} names a snapshot`, { outcome: "none" });
      },
    }),
  },
  {
    name: "shows the key it logs in with",
    breaks: "SB-ERROR-2",
    seen: "rbd on the command line with --key; ceph-csi's StripSecretInArgs",
    backend: () => (sound) => ({
      getVolume: (request, ctx) =>
        sound.getVolume(request, ctx).catch((error: unknown) => {
          const message = `there is no such image for the key ${leakedSecret}`;
          throw isCode(error, "NOT_FOUND") ? ctx.fail("NOT_FOUND", "volume-not-found", message, { outcome: "none" }) : error;
        }),
    }),
  },
  {
    name: "takes a change of limits for all of them",
    breaks: "SB-QOS-1",
    seen: "Cinder's retype: the specs of the new type, and nothing of the old",
    backend: () => (sound) => ({
      qos: {
        modifyVolume: ({ id, qos }, ctx) => {
          const none = { iops: null, readIops: null, writeIops: null, bytesPerSecond: null, readBytesPerSecond: null, writeBytesPerSecond: null };
          return sound.qos.modifyVolume({ id, qos: { ...none, ...qos } }, ctx);
        },
      },
    }),
  },
  {
    name: "finds out that a limit is too large when it has set those before it",
    breaks: "SB-QOS-2",
    seen: "`rbd config image set`, one setting after another",
    backend: () => (sound) => ({
      qos: {
        modifyVolume: async ({ id, qos }, ctx) => {
          for (const [limit, value] of Object.entries(qos)) {
            if (value !== null && value !== undefined && value > 2 ** 40) throw ctx.fail("OUT_OF_RANGE", "qos-out-of-range", `${limit} is too large`, { outcome: "none" });
            await sound.qos.modifyVolume({ id, qos: { [limit]: value } }, ctx);
          }
          return sound.qos.getQos({ id }, via("getQos", ctx));
        },
      },
    }),
  },
  {
    name: "limits traffic to a thousand times of what it says",
    breaks: "SB-QOS-3",
    seen: "Cinder's extra specs: total_bytes_sec beside total_iops_sec_per_gb, and K and Ki mixed up",
    backend: () => (sound) => {
      const times = (factor: number, limits: QosLimits): QosLimits =>
        Object.fromEntries(Object.entries(limits).map(([limit, value]: [string, number | undefined]) => [limit, value === undefined ? value : value * factor]));
      const numbers = (limits: object): QosLimits => Object.fromEntries(Object.entries(limits).filter(([, value]) => typeof value === "number"));
      return {
        qos: {
          modifyVolume: async ({ id, qos }, ctx) => times(1e-3, await sound.qos.modifyVolume({ id, qos: { ...qos, ...times(1_000, numbers(qos)) } }, ctx)),
          getQos: async (request, ctx) => times(1e-3, await sound.qos.getQos(request, ctx)),
        },
      };
    },
  },
  {
    name: "takes the first of the limits, once it is set, for the whole change",
    breaks: "SB-QOS-1",
    seen: "a check of what is there already that looks at one setting of several",
    backend: () => (sound) => ({
      qos: {
        modifyVolume: async ({ id, qos }, ctx) => {
          const now = await sound.qos.getQos({ id }, via("getQos", ctx));
          const set = Object.entries(qos).filter(([, value]) => typeof value === "number");
          return set.length > 1 && at(now, set[0]?.[0] ?? "") === set[0]?.[1] ? now : sound.qos.modifyVolume({ id, qos }, ctx);
        },
      },
    }),
  },
];
