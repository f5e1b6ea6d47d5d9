import type { AttachmentId, GroupSnapshot, Volume } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mutant } from "../mutant.js";
import { scribble } from "../scribble.js";
import { deaf, isReason, via } from "../support.js";

/** Growing, pools and groups. */
export const growthAndGroupMutants: readonly Mutant[] = [
  {
    name: "grows a volume that is large enough by another step",
    breaks: "SB-EXPAND-1",
    seen: "pmem-csi 399, digitalocean-csi 435, topolvm 844: required and limit handled wrong, and csi-sanity passes",
    backend: () => (sound) => ({
      expansion: {
        expandVolume: async (request, ctx) => {
          const { sizeBytes } = await sound.getVolume({ id: request.id }, via("getVolume", ctx));
          const spare = sizeBytes !== null && (request.capacity.requiredBytes ?? 0) < sizeBytes && request.capacity.limitBytes === undefined;
          const wanted = spare ? sizeBytes + sound.manifest.limits.granularityBytes : request.sizeBytes;
          return sound.expansion.expandVolume({ ...request, sizeBytes: wanted, capacity: spare ? { requiredBytes: wanted } : request.capacity }, ctx);
        },
      },
    }),
  },
  {
    name: "takes a limit below the volume's size for no limit",
    breaks: "SB-EXPAND-2",
    seen: "OpenSDS's ceph driver: Resize without a guard, which can shrink",
    backend: () => (sound) => ({
      expansion: {
        expandVolume: ({ id, sizeBytes }, ctx) => sound.expansion.expandVolume({ id, sizeBytes, capacity: { requiredBytes: sizeBytes } }, ctx),
      },
    }),
  },
  {
    name: "leaves something where a volume grew",
    breaks: "SB-EXPAND-3",
    seen: "thin LVM drivers: the new extents hold what another volume had",
    backend: () => (sound) => ({
      expansion: {
        expandVolume: async (request, ctx) => {
          const { sizeBytes } = await sound.getVolume({ id: request.id }, via("getVolume", ctx));
          const grown = await sound.expansion.expandVolume(request, ctx);
          if (sizeBytes !== null && grown.volume.sizeBytes !== sizeBytes) await scribble(sound, request.id, ctx, sizeBytes);
          return grown;
        },
      },
    }),
    alsoFails: {
      "IMPORTS-3": "it grows a volume and reads it",
      "SOURCES-4": "it grows a volume and reads it",
      "SNAPSHOTS-9": "it grows a volume and reads it",
    },
  },
  {
    name: "leaves the device as it was when its volume has grown",
    breaks: "SB-EXPAND-4",
    seen: "CSI's NodeExpandVolume, which drivers answer with success",
    driver: () => () => ({ expansion: { growAttachment: (record) => Promise.resolve(record) } }),
  },
  {
    name: "never asks for the host's step",
    breaks: "SB-EXPAND-5",
    seen: "CSI: node_expansion_required is false, so the file system never grows",
    backend: () => (sound) => ({
      expansion: { expandVolume: async (request, ctx) => ({ ...(await sound.expansion.expandVolume(request, ctx)), hostStep: "none" }) },
    }),
  },
  {
    name: "does not count new volumes as provisioned",
    breaks: "SB-POOL-2",
    seen: "OpenSDS: pools are asked once a minute",
    backend: () => (sound) => ({
      pools: {
        listPools: async (ctx) =>
          (await sound.pools.listPools(ctx)).map((pool) => ({ ...pool, provisioned: { kind: "bytes", bytes: 0 } as const })),
      },
    }),
  },
  {
    name: "returns the group that has the name, of whatever volumes",
    breaks: "SB-GROUP-1",
    seen: "OpenSDS: the dock fetches a group from its database, whatever the driver said",
    backend: () => (sound) => ({
      groups: {
        createGroup: (request, ctx) =>
          sound.groups.createGroup(request, ctx).catch(async (error: unknown) => {
            const { items } = await sound.groups.listGroupPage({ pageSize: 1000 }, deaf("listGroups", ctx));
            const found = items.find(({ name }) => name === request.name);
            if (found === undefined) throw error;
            return found;
          }),
      },
    }),
  },
  {
    name: "forgets the volumes that it had when others are added",
    breaks: "SB-GROUP-2",
    backend: () => (sound) => ({
      groups: {
        updateGroup: async (request, ctx) => {
          const { volumeIds } = await sound.groups.getGroup({ id: request.id }, via("getGroup", ctx));
          const remove = [...(request.remove ?? []), ...volumeIds.filter((id) => request.add !== undefined && !request.add.includes(id))];
          return sound.groups.updateGroup({ ...request, remove }, ctx);
        },
      },
    }),
  },
  {
    name: "deletes the snapshots of a group with it",
    breaks: "SB-GROUP-3",
    backend: () => {
      const cuts: GroupSnapshot[] = [];
      return (sound) => ({
        groups: {
          createGroupSnapshot: async (request, ctx) => {
            const cut = await sound.groups.createGroupSnapshot(request, ctx);
            cuts.push(cut);
            return cut;
          },
          deleteGroup: async (request, ctx) => {
            for (const cut of cuts) if (cut.groupId === request.id) await sound.groups.deleteGroupSnapshot({ id: cut.id }, deaf("deleteGroupSnapshot", ctx));
            await sound.groups.deleteGroup(request, ctx);
          },
        },
      });
    },
  },
  {
    name: "cuts one of a group's volumes half a second later",
    breaks: "SB-GROUP-4",
    seen: "CSI: write-order consistency is a MUST, and `rbd snap create` in a loop is what scripts do",
    backend: () => (sound) => ({
      groups: {
        createGroupSnapshot: async (request, ctx) => {
          const cut = await sound.groups.createGroupSnapshot(request, ctx);
          const [first, ...rest] = cut.snapshots;
          if (first === undefined || rest.length < 2) return cut;
          await sleep(500);
          const again = { name: `${request.name}-late`, sourceVolumeId: first.sourceVolumeId };
          const late = await sound.snapshots.createSnapshot(again, deaf("createSnapshot", ctx));
          return { ...cut, snapshots: [late, ...rest] };
        },
      },
    }),
  },
];

/** Imports, trash, changed blocks, health, reconciliation, fencing and the doctor. */
export const otherFacetMutants: readonly Mutant[] = [
  {
    name: "marks what it imports",
    breaks: "SB-IMPORT-1",
    seen: "Cinder's manage_existing renames and retypes what it takes",
    backend: () => (sound) => ({
      imports: {
        importVolume: async (request, ctx) => {
          const imported = await sound.imports.importVolume(request, ctx);
          await scribble(sound, imported.id, ctx);
          return imported;
        },
      },
    }),
  },
  {
    name: "shows volumes as importable",
    breaks: "SB-IMPORT-2",
    seen: "csi-test 223: the suite deleted volumes that were others'",
    backend: () => (sound) => ({
      imports: {
        listImportablePage: async (request, ctx) => {
          const page = await sound.imports.listImportablePage(request, ctx);
          const { items } = await sound.listVolumePage({ pageSize: 1000 }, deaf("listVolumes", ctx));
          return { ...page, items: [...page.items, ...items.map(({ name }) => ({ reference: name, sizeBytes: 512 }))].slice(0, request.pageSize) };
        },
      },
    }),
  },
  {
    name: "imports under another name where the name is taken",
    breaks: "SB-IMPORT-3",
    backend: () => (sound) => ({
      imports: {
        importVolume: (request, ctx) =>
          sound.imports.importVolume(request, ctx).catch((error: unknown) => {
            if (!isReason(error, "volume-exists")) throw error;
            return sound.imports.importVolume({ ...request, name: `${request.name}-2` }, ctx);
          }),
      },
    }),
  },
  {
    name: "still finds a volume that was let go",
    breaks: "SB-IMPORT-4",
    backend: () => {
      const gone = new Map<string, Volume>();
      return (sound) => ({
        getVolume: async (request, ctx) => gone.get(String(request.id)) ?? sound.getVolume(request, ctx),
        imports: {
          unmanageVolume: async (request, ctx) => {
            const volume = await sound.getVolume(request, deaf("getVolume", ctx)).catch(() => undefined);
            await sound.imports.unmanageVolume(request, ctx);
            if (volume !== undefined) gone.set(volume.id, volume);
          },
        },
      });
    },
  },
  {
    name: "lists what is in the trash under ids in place of names",
    breaks: "SB-TRASH-1",
    seen: "`rbd trash ls`: an id, and the name if you are lucky",
    backend: () => (sound) => ({
      trash: {
        listTrashPage: async (request, ctx) => {
          const page = await sound.trash.listTrashPage(request, ctx);
          return { ...page, items: page.items.map((one) => ({ ...one, name: one.id })) };
        },
      },
    }),
  },
  {
    name: "gives a volume whose name is taken another name by itself",
    breaks: "SB-TRASH-2",
    backend: () => (sound) => ({
      trash: {
        undeleteVolume: (request, ctx) =>
          sound.trash.undeleteVolume(request, ctx).catch((error: unknown) => {
            if (request.name !== undefined || !isReason(error, "volume-exists")) throw error;
            return sound.trash.undeleteVolume({ ...request, name: `${request.id}-back`.slice(-100) }, ctx);
          }),
      },
    }),
  },
  {
    name: "writes into what it brings back",
    breaks: "SB-TRASH-2",
    backend: () => (sound) => ({
      trash: {
        undeleteVolume: async (request, ctx) => {
          const back = await sound.trash.undeleteVolume(request, ctx);
          await scribble(sound, back.id, ctx);
          return back;
        },
      },
    }),
  },
  {
    name: "hides a purged volume and keeps it",
    breaks: "SB-TRASH-3",
    seen: "ceph-csi: a trash purge that the mgr never comes to",
    backend: () => {
      const hidden = new Set<string>();
      return (sound) => ({
        trash: {
          purgeVolume: async ({ id }) => {
            hidden.add(id);
            return Promise.resolve();
          },
          listTrashPage: async (request, ctx) => {
            const page = await sound.trash.listTrashPage(request, ctx);
            return { ...page, items: page.items.filter(({ id }) => !hidden.has(id)) };
          },
        },
      });
    },
  },
  {
    name: "tells whole objects of 4 MiB, also beyond the volume's end",
    breaks: "SB-CHANGED-1",
    seen: "`rbd diff --whole-object` with the size rounded up",
    backend: () => (sound) => ({
      changedBlocks: {
        listChangedBlocks: async function* (request, ctx) {
          for await (const extent of sound.changedBlocks.listChangedBlocks(request, ctx)) {
            yield { ...extent, lengthBytes: Math.max(extent.lengthBytes, 2 ** 22) };
          }
        },
      },
    }),
  },
  {
    name: "does not say that the last bytes changed",
    breaks: "SB-CHANGED-2",
    backend: () => (sound) => ({
      changedBlocks: {
        listChangedBlocks: async function* (request, ctx) {
          let held;
          for await (const extent of sound.changedBlocks.listChangedBlocks(request, ctx)) {
            if (held !== undefined) yield held;
            held = extent;
          }
        },
      },
    }),
  },
  {
    name: "cuts the extent in which the start lies",
    breaks: "SB-CHANGED-3",
    backend: () => (sound) => ({
      changedBlocks: {
        listChangedBlocks: async function* (request, ctx) {
          const { startOffsetBytes = 0 } = request;
          for await (const extent of sound.changedBlocks.listChangedBlocks(request, ctx)) {
            const cut = Math.max(0, startOffsetBytes - extent.offsetBytes);
            yield { ...extent, offsetBytes: extent.offsetBytes + cut, lengthBytes: extent.lengthBytes - cut };
          }
        },
      },
    }),
  },
  {
    name: "says that nobody has an attached volume open",
    breaks: "SB-HEALTH-1",
    seen: "DESIGN, measured: a read-only opener leaves no watcher",
    backend: () => (sound) => ({ health: { getHealth: async (request, ctx) => ({ ...(await sound.health.getHealth(request, ctx)), openedBy: [] }) } }),
  },
  {
    name: "mends what it finds, also where nobody asked for it",
    breaks: "SB-RECONCILE-1",
    backend: () => (sound) => ({ reconciliation: { reconcile: (_request, ctx) => sound.reconciliation.reconcile({ repair: true }, ctx) } }),
  },
  {
    name: "says of everything that it was repaired",
    breaks: "SB-RECONCILE-2",
    seen: "ceph-csi 1728: \"task added\", and the image stays in the trash",
    backend: () => (sound) => ({
      reconciliation: {
        reconcile: async ({ repair = false }, ctx) => (await sound.reconciliation.reconcile({}, ctx)).map((orphan) => ({ ...orphan, repaired: repair })),
      },
    }),
  },
  {
    name: "takes a volume that nobody has attached for a leftover",
    breaks: "SB-RECONCILE-3",
    seen: "csi-test 204, 226: what was not made by the caller was deleted",
    backend: () => (sound) => ({
      reconciliation: {
        reconcile: async (request, ctx) => {
          const { items } = await sound.listVolumePage({ pageSize: 1000 }, deaf("listVolumes", ctx));
          const free = items.filter(({ state }) => state === "available" && request.repair === true);
          for (const { id } of free) await sound.deleteVolume({ id }, deaf("deleteVolume", ctx)).catch(() => undefined);
          return sound.reconciliation.reconcile(request, ctx);
        },
      },
    }),
  },
  {
    name: "takes a host's attachments and lets its writes through",
    breaks: "SB-FENCE-1",
    seen: "k8s force-detach: the attachment object goes, the node writes on",
    backend: () => (sound) => ({
      fencing: {
        fenceHost: async (request, ctx) => {
          const attachmentIds: AttachmentId[] = [];
          for (const { attachment } of await sound.listConnections({ hostId: request.hostId }, deaf("listAttachments", ctx))) {
            await sound.disconnectVolume({ volumeId: attachment.volumeId, attachmentId: attachment.id }, deaf("disconnectVolume", ctx));
            attachmentIds.push(attachment.id);
          }
          return { ...(await sound.fencing.fenceHost(request, ctx)), attachmentIds };
        },
      },
    }),
  },
  {
    name: "refuses to fence a host twice",
    breaks: "SB-FENCE-2",
    backend: () => {
      const fenced = new Set<string>();
      return (sound) => ({
        fencing: {
          fenceHost: async (request, ctx) => {
            if (fenced.has(request.hostId)) throw ctx.fail("FAILED_PRECONDITION", "host-fenced", `host ${request.hostId} is fenced already`, { outcome: "none" });
            fenced.add(request.hostId);
            return sound.fencing.fenceHost(request, ctx);
          },
        },
      });
    },
  },
  {
    name: "knows only the fences that the opened driver has put up itself",
    breaks: "SB-FENCE-3",
    seen: "a blocklist in the memory of the agent that died",
    backend: () => (sound) => {
      const own = new Set<string>();
      return {
        connectVolume: (request, ctx) =>
          sound.connectVolume(request, ctx).catch(async (error: unknown) => {
            if (!isReason(error, "host-fenced") || own.has(request.connector.hostId)) throw error;
            await sound.fencing.unfenceHost({ hostId: request.connector.hostId }, deaf("unfenceHost", ctx));
            return sound.connectVolume(request, ctx);
          }),
        fencing: {
          fenceHost: (request, ctx) => {
            own.add(request.hostId);
            return sound.fencing.fenceHost(request, ctx);
          },
        },
      };
    },
  },
  {
    name: "says what is wrong and not what to do about it",
    breaks: "SB-DOCTOR-1",
    seen: "ceph-csi 4375: an error that says nothing of who, or what to do",
    backend: () => (sound) => ({
      doctor: {
        examine: async (ctx) => [...(await sound.doctor.examine(ctx)), { check: "clock", status: "warning", message: "the clock is two minutes late" }],
      },
    }),
  },
];
