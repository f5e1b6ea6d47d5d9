import { hostId, type AttachmentId, type CallContext, type Operation, type VolumeId } from "@opensds/core";
import type { ReferenceBackend } from "@opensds/testkit/reference";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { FacetSaboteur } from "./facet-saboteurs.js";
import { contextFor } from "./saboteurs.js";

const other = <Op extends Operation>(operation: Op, ctx: CallContext): CallContext<Op> => contextFor(operation, ctx);

/** Saboteurs of data and of hosts: they run on files, where devices can be made of them. */
export const deviceSaboteurs: readonly FacetSaboteur[] = [
  {
    name: "clones the volume as it is now in place of its snapshot",
    families: ["snapshots"],
    caughtBy: ["SNAPSHOTS-6", "SNAPSHOTS-7"],
    make: () => (backend) => ({
      createVolume: async (request, ctx) => {
        const { source } = request;
        if (source?.kind !== "snapshot") return backend.createVolume(request, ctx);
        const { sourceVolumeId } = await backend.snapshots.getSnapshot({ id: source.snapshotId }, other("getSnapshot", ctx));
        const live = { ...request, source: { kind: "volume", volumeId: sourceVolumeId } } as const;
        return backend.createVolume(live, ctx).catch(() => backend.createVolume(request, ctx));
      },
    }),
  },
  {
    name: "says that it reverted and does nothing",
    families: ["snapshots"],
    caughtBy: ["SNAPSHOTS-9"],
    make: () => (backend) => ({
      snapshots: { ...backend.snapshots, revertVolume: ({ volumeId }, ctx) => backend.getVolume({ id: volumeId }, other("getVolume", ctx)) },
    }),
  },
  {
    name: "makes a volume that is larger than its source without the source's bytes",
    families: ["sources"],
    caughtBy: ["SOURCES-3"],
    make: () => (backend) => ({
      createVolume: async (request, ctx) => {
        const { source, ...rest } = request;
        if (source?.kind !== "volume") return backend.createVolume(request, ctx);
        const { sizeBytes } = await backend.getVolume({ id: source.volumeId }, other("getVolume", ctx));
        return backend.createVolume(rest.sizeBytes > (sizeBytes ?? 0) ? rest : request, ctx);
      },
    }),
  },
  {
    name: "writes into the volumes that were made from one that it deletes",
    families: ["sources"],
    caughtBy: ["SOURCES-4"],
    make: () => {
      const clones = new Map<VolumeId, VolumeId>();
      return (backend) => ({
        createVolume: async (request, ctx) => {
          const made = await backend.createVolume(request, ctx);
          if (request.source?.kind === "volume") clones.set(made.id, request.source.volumeId);
          return made;
        },
        deleteVolume: async ({ id }, ctx) => {
          clones.delete(id);
          for (const [clone, source] of clones) if (source === id) await scribble(backend, clone, ctx);
          await backend.deleteVolume({ id }, ctx);
        },
      });
    },
  },
  {
    name: "leaves something where a volume grew",
    families: ["expansion"],
    caughtBy: ["EXPANSION-3"],
    make: () => (backend) => ({
      expansion: {
        expandVolume: async (request, ctx) => {
          const { sizeBytes } = await backend.getVolume({ id: request.id }, other("getVolume", ctx));
          const grown = await backend.expansion.expandVolume(request, ctx);
          if (sizeBytes !== null && grown.volume.sizeBytes !== sizeBytes) await scribble(backend, request.id, ctx, sizeBytes);
          return grown;
        },
      },
    }),
  },
  {
    name: "marks what it imports",
    families: ["imports"],
    caughtBy: ["IMPORTS-3"],
    make: () => (backend) => {
      const { imports } = backend;
      if (imports === undefined) return {};
      const importVolume: typeof imports.importVolume = async (request, ctx) => {
        const imported = await imports.importVolume(request, ctx);
        await scribble(backend, imported.id, ctx);
        return imported;
      };
      return { imports: { ...imports, importVolume } };
    },
  },
  {
    name: "never asks for the host's step",
    families: ["expansion"],
    caughtBy: ["EXPANSION-2"],
    make: () => (backend) => ({
      expansion: { expandVolume: async (request, ctx) => ({ ...(await backend.expansion.expandVolume(request, ctx)), hostStep: "none" }) },
    }),
  },
  {
    name: "cuts one of a group's volumes half a second later",
    families: ["groups"],
    caughtBy: ["GROUPS-4"],
    make: () => (backend) => ({
      groups: {
        ...backend.groups,
        createGroupSnapshot: async (request, ctx) => {
          const cut = await backend.groups.createGroupSnapshot(request, ctx);
          const [first, ...rest] = cut.snapshots;
          if (first === undefined || rest.length < 2) return cut;
          await sleep(500);
          const late = await backend.snapshots.createSnapshot({ name: `${request.name}-late`, sourceVolumeId: first.sourceVolumeId }, other("createSnapshot", ctx));
          return { ...cut, snapshots: [late, ...rest] };
        },
      },
    }),
  },
  {
    name: "imports under another name where the name is taken",
    families: ["imports"],
    caughtBy: ["IMPORTS-2"],
    make: () => ({ imports }) => ({
      ...(imports !== undefined && {
        imports: {
          ...imports,
          importVolume: (request, ctx) => imports.importVolume(request, ctx).catch(() => imports.importVolume({ ...request, name: `${request.name}-2` }, ctx)),
        },
      }),
    }),
  },
  {
    name: "shows volumes as importable",
    families: ["imports"],
    caughtBy: ["IMPORTS-1"],
    make: () => (backend) => {
      const { imports } = backend;
      if (imports === undefined) return {};
      const listImportablePage: typeof imports.listImportablePage = async (request, ctx) => {
        const page = await imports.listImportablePage(request, ctx);
        const { items } = await backend.listVolumePage({ pageSize: 1000 }, other("listVolumes", ctx));
        return { ...page, items: [...page.items, ...items.map(({ name }) => ({ reference: name, sizeBytes: 512 }))].slice(0, request.pageSize) };
      };
      return { imports: { ...imports, listImportablePage } };
    },
  },
  {
    name: "does not say that the last bytes changed",
    families: ["changed-blocks"],
    caughtBy: ["CHANGED-BLOCKS-1"],
    make: () => ({ changedBlocks }) => ({
      ...(changedBlocks !== undefined && {
        changedBlocks: {
          listChangedBlocks: async function* (request, ctx) {
            let held;
            for await (const extent of changedBlocks.listChangedBlocks(request, ctx)) {
              if (held !== undefined) yield held;
              held = extent;
            }
          },
        },
      }),
    }),
  },
  {
    name: "cuts the extent in which the start lies",
    families: ["changed-blocks"],
    caughtBy: ["CHANGED-BLOCKS-1"],
    make: () => ({ changedBlocks }) => ({
      ...(changedBlocks !== undefined && {
        changedBlocks: {
          listChangedBlocks: async function* (request, ctx) {
            const { startOffsetBytes = 0 } = request;
            for await (const extent of changedBlocks.listChangedBlocks(request, ctx)) {
              const cut = Math.max(0, startOffsetBytes - extent.offsetBytes);
              yield { ...extent, offsetBytes: extent.offsetBytes + cut, lengthBytes: extent.lengthBytes - cut };
            }
          },
        },
      }),
    }),
  },
  {
    name: "says that nobody has an attached volume open",
    families: ["health"],
    caughtBy: ["HEALTH-1"],
    make: () => ({ health }) => ({ health: { getHealth: async (request, ctx) => ({ ...(await health.getHealth(request, ctx)), openedBy: [] }) } }),
  },
  {
    name: "takes a host's attachments and lets it attach again",
    families: ["fencing"],
    caughtBy: ["FENCING-1", "FENCING-2"],
    make: () => ({ fencing }) => ({
      ...(fencing !== undefined && {
        fencing: {
          ...fencing,
          fenceHost: async (request, ctx) => {
            const result = await fencing.fenceHost(request, ctx);
            await fencing.unfenceHost(request, other("unfenceHost", ctx));
            return result;
          },
        },
      }),
    }),
  },
  {
    name: "takes a host's attachments and lets its writes through",
    families: ["fencing"],
    caughtBy: ["FENCING-3"],
    make: () => (backend) => {
      const { fencing } = backend;
      if (fencing === undefined) return {};
      const fenceHost: typeof fencing.fenceHost = async (request, ctx) => {
        const attachmentIds: AttachmentId[] = [];
        for (const { attachment } of await backend.listConnections({ hostId: request.hostId }, other("listAttachments", ctx))) {
          await backend.disconnectVolume({ volumeId: attachment.volumeId, attachmentId: attachment.id }, other("disconnectVolume", ctx));
          attachmentIds.push(attachment.id);
        }
        return { ...(await fencing.fenceHost(request, ctx)), attachmentIds };
      };
      return { fencing: { ...fencing, fenceHost } };
    },
  },
];

/** Writes into a volume behind everybody's back. One that a host has is written to as it is. */
async function scribble(backend: ReferenceBackend, volumeId: VolumeId, ctx: CallContext, offsetBytes = 0): Promise<void> {
  const [held] = await backend.listConnections({ volumeId }, other("listAttachments", ctx)).catch(() => []);
  const connector = { hostId: hostId("scribbler"), hostName: "scribbler.invalid", bootId: "none" };
  const request = { volumeId, mode: "single-writer", connector } as const;
  const { attachment, info } = held ?? (await backend.connectVolume(request, other("connectVolume", ctx)));
  if (info.protocol === "file") {
    const file = await open(info.path, "r+");
    await file.write("scribble", offsetBytes).finally(() => file.close());
  }
  if (held === undefined) await backend.disconnectVolume({ volumeId, attachmentId: attachment.id }, other("disconnectVolume", ctx));
}
