import type { GroupSnapshot } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mutant } from "../mutant.js";
import { scribble } from "../scribble.js";
import { deaf, via } from "../support.js";

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
