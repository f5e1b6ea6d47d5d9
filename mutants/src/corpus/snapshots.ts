import type { Mutant } from "../mutant.js";
import { scribble } from "../scribble.js";
import { deaf, find, isReason, via } from "../support.js";

/** Snapshots, and volumes that are made from others. */
export const snapshotMutants: readonly Mutant[] = [
  {
    name: "returns the snapshot that has the name, of whatever volume",
    breaks: "SB-SNAP-1",
    seen: "csi-sanity asks for ALREADY_EXISTS, because drivers did not",
    backend: () => (sound) => ({
      snapshots: {
        createSnapshot: (request, ctx) =>
          sound.snapshots.getSnapshot({ name: request.name }, via("getSnapshot", ctx)).catch(() => sound.snapshots.createSnapshot(request, ctx)),
      },
    }),
  },
  {
    name: "clones the volume as it is now in place of its snapshot",
    breaks: "SB-SNAP-2",
    seen: "ceph-csi 2430: a snapshot was a clone, made when somebody got round to it",
    backend: () => (sound) => ({
      createVolume: async (request, ctx) => {
        const { source } = request;
        if (source?.kind !== "snapshot") return sound.createVolume(request, ctx);
        const { sourceVolumeId } = await sound.snapshots.getSnapshot({ id: source.snapshotId }, via("getSnapshot", ctx));
        const live = { ...request, source: { kind: "volume", volumeId: sourceVolumeId } } as const;
        if ((await find(sound, { id: sourceVolumeId }, ctx)) === undefined) return sound.createVolume(request, ctx);
        return { ...(await sound.createVolume(live, ctx)), source };
      },
    }),
    alsoFails: { "SOURCES-2": "the recorded source is another" },
  },
  {
    name: "says of a snapshot that was cloned that it is not ready any more",
    breaks: "SB-SNAP-3",
    seen: "Cinder: a snapshot is `backing-up` or `restoring` while it is read",
    backend: () => {
      const cloned = new Set<string>();
      return (sound) => ({
        createVolume: async (request, ctx) => {
          const made = await sound.createVolume(request, ctx);
          if (request.source?.kind === "snapshot") cloned.add(request.source.snapshotId);
          return made;
        },
        snapshots: {
          getSnapshot: async (request, ctx) => {
            const found = await sound.snapshots.getSnapshot(request, ctx);
            return { ...found, readyToUse: found.readyToUse && !cloned.has(found.id) };
          },
        },
      });
    },
  },
  {
    name: "makes an empty volume of a snapshot whose volume is gone",
    breaks: "SB-SNAP-3",
    seen: "ceph-csi 1728: the parent in the trash",
    backend: () => (sound) => ({
      createVolume: async (request, ctx) => {
        const { source, ...rest } = request;
        if (source?.kind !== "snapshot") return sound.createVolume(request, ctx);
        const { sourceVolumeId } = await sound.snapshots.getSnapshot({ id: source.snapshotId }, via("getSnapshot", ctx));
        return sound.createVolume((await find(sound, { id: sourceVolumeId }, ctx)) === undefined ? rest : request, ctx);
      },
    }),
  },
  {
    name: "lists the snapshots of every volume after the first page",
    breaks: "SB-SNAP-4",
    seen: "digitalocean-csi 299, linode-csi 588: list filters are ignored; csi-sanity reads page 1",
    backend: () => (sound) => ({
      snapshots: {
        listSnapshotPage: (request, ctx) =>
          sound.snapshots.listSnapshotPage(request.token === undefined ? request : { pageSize: request.pageSize, token: request.token }, ctx),
      },
    }),
  },
  {
    name: "says that it deleted a snapshot that it has to keep",
    breaks: "SB-SNAP-5",
    seen: "OpenSDS: the dock answers for groups from its database",
    backend: () => (sound) => ({
      snapshots: {
        deleteSnapshot: (request, ctx) =>
          sound.snapshots.deleteSnapshot(request, ctx).catch((error: unknown) => {
            if (!isReason(error, "snapshot-in-use")) throw error;
          }),
      },
    }),
  },
  {
    name: "refuses to delete a snapshot that volumes were made from, after it has deleted it",
    breaks: "SB-SNAP-5",
    seen: "ceph-csi 1728, 227: the mgr retries \"[errno 39]\" for ever",
    backend: () => (sound) => ({
      snapshots: {
        deleteSnapshot: async (request, ctx) => {
          const { items } = await sound.listVolumePage({ pageSize: 1000 }, deaf("listVolumes", ctx));
          const used = items.some(({ source }) => source?.kind === "snapshot" && source.snapshotId === request.id);
          await sound.snapshots.deleteSnapshot(request, ctx);
          if (used) throw ctx.fail("FAILED_PRECONDITION", "snapshot-in-use", "a volume was made from it", { outcome: "none" });
        },
      },
    }),
  },
  {
    name: "deletes the snapshots of a volume with it",
    breaks: "SB-SNAP-6",
    seen: "CSI: snapshots SHOULD survive their volume; `rbd snap purge` before `rbd rm`",
    backend: () => (sound) => ({
      deleteVolume: async (request, ctx) => {
        const { items } = await sound.snapshots.listSnapshotPage({ sourceVolumeId: request.id, pageSize: 100 }, deaf("listSnapshots", ctx));
        for (const { id } of items) await sound.snapshots.deleteSnapshot({ id }, deaf("deleteSnapshot", ctx)).catch(() => undefined);
        await sound.deleteVolume(request, ctx);
      },
    }),
  },
  {
    name: "says that it reverted and does nothing",
    breaks: "SB-SNAP-7",
    seen: "OpenSDS: NotImplementError, which the dock swallows",
    backend: () => (sound) => ({
      snapshots: {
        revertVolume: async ({ volumeId }, ctx) => {
          const volume = await sound.getVolume({ id: volumeId }, via("getVolume", ctx));
          if (volume.state !== "in-use") return volume;
          throw ctx.fail("FAILED_PRECONDITION", "volume-in-use", "the volume is attached", { outcome: "none" });
        },
      },
    }),
  },
  {
    name: "makes a volume that is larger than its source without the source's bytes",
    breaks: "SB-SOURCE-1",
    seen: "OpenSDS's createVolumeFromSnapshot and the requested size; ceph-csi 257, 1726, 2720",
    backend: () => (sound) => ({
      createVolume: async (request, ctx) => {
        const { source, ...rest } = request;
        if (source?.kind !== "volume") return sound.createVolume(request, ctx);
        const { sizeBytes } = await sound.getVolume({ id: source.volumeId }, via("getVolume", ctx));
        return sound.createVolume(rest.sizeBytes > (sizeBytes ?? 0) ? rest : request, ctx);
      },
    }),
  },
  {
    name: "makes a volume as large as its source, though less was asked for",
    breaks: "SB-SOURCE-2",
    seen: "OpenSDS's ceph driver ignores the requested size of a clone",
    backend: () => (sound) => ({
      createVolume: async (request, ctx) => {
        const { source } = request;
        if (source?.kind !== "volume") return sound.createVolume(request, ctx);
        const { sizeBytes } = await sound.getVolume({ id: source.volumeId }, via("getVolume", ctx));
        return sound.createVolume({ ...request, sizeBytes: Math.max(request.sizeBytes, sizeBytes ?? 0) }, ctx);
      },
    }),
  },
  {
    name: "writes into the volumes that were made from one that it deletes",
    breaks: "SB-SOURCE-3",
    seen: "Cinder's RBD ladder: flatten what hangs on it, while it is in use",
    backend: () => (sound) => ({
      deleteVolume: async (request, ctx) => {
        const { items } = await sound.listVolumePage({ pageSize: 1000 }, deaf("listVolumes", ctx));
        const clones = items.filter(({ id, source }) => id !== request.id && source?.kind === "volume" && source.volumeId === request.id);
        for (const { id } of clones) await scribble(sound, id, ctx);
        await sound.deleteVolume(request, ctx);
      },
    }),
  },
  {
    name: "returns the volume that has the name, of whatever source",
    breaks: "SB-SOURCE-4",
    seen: "ceph-csi rbd_journal.go: \"TODO: ensure image features and format is the same\"",
    backend: () => (sound) => ({
      createVolume: async (request, ctx) => (request.source && (await find(sound, { name: request.name }, ctx))) ?? sound.createVolume(request, ctx),
    }),
  },
  {
    name: "cuts the names of snapshots at a hundred bytes",
    breaks: "SB-SNAP-1",
    seen: "rook: names that grow with their prefixes until the backend cuts them",
    backend: () => (sound) => ({
      snapshots: {
        createSnapshot: (request, ctx) => sound.snapshots.createSnapshot({ ...request, name: request.name.slice(0, 100) }, ctx),
      },
    }),
  },
  {
    name: "has had enough of the same snapshot at the sixth time",
    breaks: "SB-SNAP-1",
    seen: "callers that repeat until an array's limit of requests is reached",
    backend: () => {
      const asked = new Map<string, number>();
      return (sound) => ({
        snapshots: {
          createSnapshot: (request, ctx) => {
            const times = (asked.get(request.name) ?? 0) + 1;
            asked.set(request.name, times);
            if (times < 6) return sound.snapshots.createSnapshot(request, ctx);
            throw ctx.fail("RESOURCE_EXHAUSTED", "too-many-snapshots", "so many snapshots were made already", { outcome: "none" });
          },
        },
      });
    },
  },
  {
    name: "says of a snapshot that is not there that its volume is not",
    breaks: "SB-ERROR-7",
    seen: "ceph-csi: one ErrImageNotFound for whatever was looked for",
    backend: () => (sound) => ({
      createVolume: (request, ctx) =>
        sound.createVolume(request, ctx).catch((error: unknown) => {
          throw isReason(error, "snapshot-not-found") ? ctx.fail("NOT_FOUND", "volume-not-found", "there is no such volume", { outcome: "none" }) : error;
        }),
    }),
  },
];
