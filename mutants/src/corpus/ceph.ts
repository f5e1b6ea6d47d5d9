import type { Volume } from "@opensds/core";
import { leakedSecret } from "../leaked-secret.js";
import type { CephMutant } from "../mutant.js";
import { find, isCode } from "../support.js";

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
];
