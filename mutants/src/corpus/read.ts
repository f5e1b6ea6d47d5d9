import type { Snapshot, Volume, VolumeId } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mutant } from "../mutant.js";
import { deaf, find, holders, isCode } from "../support.js";

/** Reading and listing. */
export const readMutants: readonly Mutant[] = [
  {
    name: "takes an id that nothing has for a name",
    breaks: "SB-GET-1",
    seen: "docker-volume-rbd looks through names for whatever it is given",
    backend: () => (sound) => ({
      getVolume: async (request, ctx) => {
        const found = request.id === undefined ? undefined : await find(sound, { id: request.id }, ctx);
        return found ?? sound.getVolume({ name: request.id ?? request.name }, ctx);
      },
    }),
  },
  {
    name: "remembers which volume has a name",
    breaks: "SB-GET-2",
    seen: "democratic-csi and ember-csi answer from what they kept",
    backend: () => (sound) => {
      const ids = new Map<string, VolumeId>();
      return {
        getVolume: async (request, ctx) => {
          const known = request.name === undefined ? undefined : ids.get(request.name);
          const volume = await sound.getVolume(known === undefined ? request : { id: known }, ctx);
          if (request.name !== undefined) ids.set(request.name, volume.id);
          return volume;
        },
      };
    },
  },
  {
    name: "lists every volume as available",
    breaks: "SB-STATE-1",
    seen: "OpenSDS: a volume's state was what the dock had last written, whatever the backend said",
    backend: () => (sound) => ({
      listVolumePage: async (request, ctx) => {
        const page = await sound.listVolumePage(request, ctx);
        return { ...page, items: page.items.map((volume) => ({ ...volume, state: "available" })) };
      },
    }),
  },
  {
    name: "gives a token only where the page ends past the list",
    breaks: "SB-LIST-1",
    seen: "democratic-csi: `end_position > entries_length`; of 5 volumes in pages of 2 it lists 4",
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
    name: "keeps its tokens in the memory of one opened driver",
    breaks: "SB-LIST-2",
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
    name: "keeps its tokens in the memory of its process",
    breaks: "SB-LIST-2",
    seen: "democratic-csi: tokens in an LRU of 500, gone with the process",
    backend: () => {
      const tokens = new Set<string>();
      return (sound) => ({
        listVolumePage: async (request, ctx) => {
          if (request.token !== undefined && !tokens.has(request.token)) throw ctx.fail("ABORTED", "bad-token", "no token of this process");
          const page = await sound.listVolumePage(request, ctx);
          if (page.nextToken !== undefined) tokens.add(page.nextToken);
          return page;
        },
      });
    },
  },
  {
    name: "overlooks what stands after a token",
    breaks: "SB-LIST-3",
    seen: "digitalocean-csi and linode-csi: tokens that are no tokens are ignored",
    backend: () => {
      const given = new Set<string>();
      return (sound) => ({
        listVolumePage: async ({ pageSize, token }, ctx) => {
          const known = [...given].find((one) => token?.startsWith(one));
          const page = await sound.listVolumePage({ pageSize, token: known ?? token }, ctx);
          if (page.nextToken !== undefined) given.add(page.nextToken);
          return page;
        },
      });
    },
  },
  {
    name: "bounds the whole walk by timeoutMs",
    breaks: "SB-LIST-4",
    driver: () => (sound) => ({
      listVolumes: (request, options) => {
        const whole = AbortSignal.timeout(options?.timeoutMs !== undefined && options.timeoutMs >= 1 ? Math.ceil(options.timeoutMs) : 60_000);
        return sound.listVolumes(request, { ...options, signal: options?.signal === undefined ? whole : AbortSignal.any([whole, options.signal]) });
      },
    }),
  },
];

/** Deleting. */
export const deleteMutants: readonly Mutant[] = [
  {
    name: "refuses to delete an id of a form that is not its own",
    breaks: "SB-DELETE-1",
    seen: "OpenSDS's Cinder driver: deleting what is missing is an error; csi-sanity asks with an invalid id",
    backend: () => (sound) => ({
      deleteVolume: (request, ctx) => {
        if (/^[0-9a-f]{40}-/.test(request.id)) return sound.deleteVolume(request, ctx);
        throw ctx.fail("INVALID_ARGUMENT", "bad-request", `${request.id} is no id of this driver`, { outcome: "none" });
      },
    }),
    alsoFails: { "ERRORS-6": "giving up what is not there is one of its cases" },
  },
  {
    name: "says INTERNAL of a volume that is in use",
    breaks: "SB-DELETE-2",
    seen: "ceph-csi controllerserver: \"rbd image ... is still being used\" is codes.Internal (issues 4375, 3873)",
    backend: () => (sound) => ({
      deleteVolume: (request, ctx) =>
        sound.deleteVolume(request, ctx).catch((error: unknown) => {
          throw isCode(error, "FAILED_PRECONDITION") ? ctx.fail("INTERNAL", "command-failed", "the image is still being used", { outcome: "none" }) : error;
        }),
    }),
    alsoFails: { "DELETE-4": "the same refusal, of a delete that lost its race", "LEAKS-1": "the same refusal, of a mounted volume" },
  },
  {
    name: "closes a volume to attachments before it refuses to delete it, and leaves it closed",
    breaks: "SB-DELETE-2",
    seen: "Cinder: volumes stuck in a state between two (nova-specs, dangling attachments)",
    backend: () => {
      const closed = new Set<string>();
      return (sound) => ({
        deleteVolume: async (request, ctx) => {
          closed.add(request.id);
          await sound.deleteVolume(request, ctx);
          closed.delete(request.id);
        },
        connectVolume: (request, ctx) => {
          if (!closed.has(request.volumeId)) return sound.connectVolume(request, ctx);
          throw ctx.fail("FAILED_PRECONDITION", "volume-not-ready", "the volume is being deleted", { outcome: "none" });
        },
      });
    },
  },
  {
    name: "deletes by the name that an id once had",
    breaks: "SB-DELETE-3",
    seen: "ceph-csi undoes a reservation by a name that another has by then (voljournal.go)",
    backend: () => {
      const names = new Map<string, string>();
      return (sound) => ({
        deleteVolume: async (request, ctx) => {
          const there = await find(sound, request, ctx);
          if (there !== undefined) names.set(request.id, there.name);
          const namesake = there ?? (await find(sound, { name: names.get(request.id) ?? "never" }, ctx));
          await sound.deleteVolume({ id: namesake?.id ?? request.id }, ctx);
        },
      });
    },
    alsoFails: { "IDEMPOTENCY-1": "it repeats a delete when there is another volume of the name" },
  },
  {
    name: "looks for attachments some time before it deletes",
    breaks: "SB-DELETE-4",
    seen: "measured on the lab: rbd_trash_move succeeds on an image that is open read-write",
    backend: () => (sound) => ({
      deleteVolume: async (request, ctx) => {
        if ((await holders(sound, request.id, ctx)).length > 0) return sound.deleteVolume(request, ctx);
        await sleep(60);
        for (const { attachment } of await sound.listConnections({ volumeId: request.id }, deaf("listAttachments", ctx)).catch(() => [])) {
          await sound.disconnectVolume({ volumeId: request.id, attachmentId: attachment.id }, deaf("disconnectVolume", ctx));
        }
        await sound.deleteVolume(request, ctx);
      },
    }),
  },
  {
    name: "removes with a volume what was cut of it while it was being deleted",
    breaks: "SB-DELETE-4",
    seen: "ceph-csi 1728: snapshots of an image in the trash",
    backend: () => {
      const cutting = new Map<string, Promise<Snapshot>>();
      return (sound) => ({
        snapshots: {
          createSnapshot: (request, ctx) => {
            const cut = sleep(60).then(() => sound.snapshots.createSnapshot(request, ctx)).finally(() => cutting.delete(request.sourceVolumeId));
            cutting.set(request.sourceVolumeId, cut);
            return cut;
          },
        },
        deleteVolume: async (request, ctx) => {
          const cut = await cutting.get(request.id)?.catch(() => undefined);
          await sound.deleteVolume(request, ctx);
          if (cut !== undefined) await sound.snapshots.deleteSnapshot({ id: cut.id }, deaf("deleteSnapshot", ctx));
        },
      });
    },
  },
  {
    name: "removes with a volume what was cloned from it while it was being deleted",
    breaks: "SB-DELETE-4",
    seen: "ceph-csi 1726: a clone that needs its parent, which goes",
    backend: () => {
      const cloning = new Map<string, Promise<Volume>>();
      return (sound) => ({
        createVolume: (request, ctx) => {
          if (request.source?.kind !== "volume") return sound.createVolume(request, ctx);
          const { volumeId } = request.source;
          const clone = sleep(60).then(() => sound.createVolume(request, ctx)).finally(() => cloning.delete(volumeId));
          cloning.set(volumeId, clone);
          return clone;
        },
        deleteVolume: async (request, ctx) => {
          const clone = await cloning.get(request.id)?.catch(() => undefined);
          await sound.deleteVolume(request, ctx);
          if (clone !== undefined) await sound.deleteVolume({ id: clone.id }, deaf("deleteVolume", ctx));
        },
      });
    },
  },
];
