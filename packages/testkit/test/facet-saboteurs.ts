import type { CallContext, GroupSnapshotId, Operation } from "@opensds/core";
import type { ReferenceBackend } from "@opensds/testkit/reference";
import type { Family } from "../src/check.js";
import { contextFor } from "./saboteurs.js";

/** A reference backend with a facet that breaks one rule, and the checks that have to notice. */
export interface FacetSaboteur {
  readonly name: string;
  /** Every check of these families that fails on it: no more, no fewer. */
  readonly families: readonly Family[];
  readonly caughtBy: readonly string[];
  /** Made anew for each run: what it remembers, all drivers of the run share. */
  readonly make: () => FacetSabotage;
}

/** What takes the place of a backend's own methods and facets. */
export type FacetSabotage = (backend: ReferenceBackend) => Partial<ReferenceBackend>;

const other = <Op extends Operation>(operation: Op, ctx: CallContext): CallContext<Op> => contextFor(operation, ctx);

/** Saboteurs that need neither files nor hosts: they run in memory, with a trash. */
export const memorySaboteurs: readonly FacetSaboteur[] = [
  {
    name: "returns the snapshot that has the name, of whatever volume",
    families: ["snapshots"],
    caughtBy: ["SNAPSHOTS-1"],
    make: () => (backend) => ({
      snapshots: {
        ...backend.snapshots,
        createSnapshot: (request, ctx) =>
          backend.snapshots.getSnapshot({ name: request.name }, other("getSnapshot", ctx)).catch(() => backend.snapshots.createSnapshot(request, ctx)),
      },
    }),
  },
  {
    name: "lists the snapshots of all volumes, whichever is asked for",
    families: ["snapshots"],
    caughtBy: ["SNAPSHOTS-1", "SNAPSHOTS-2"],
    make: () => (backend) => ({
      snapshots: {
        ...backend.snapshots,
        listSnapshotPage: ({ pageSize, token }, ctx) => backend.snapshots.listSnapshotPage({ pageSize, token }, ctx),
      },
    }),
  },
  {
    name: "says that it deleted a snapshot that it has to keep",
    families: ["snapshots"],
    caughtBy: ["SNAPSHOTS-4"],
    make: () => (backend) => ({
      snapshots: { ...backend.snapshots, deleteSnapshot: (request, ctx) => backend.snapshots.deleteSnapshot(request, ctx).catch(() => undefined) },
    }),
  },
  {
    name: "deletes the snapshots of a volume with it",
    families: ["snapshots"],
    caughtBy: ["SNAPSHOTS-5"],
    make: () => (backend) => ({
      deleteVolume: async (request, ctx) => {
        const lists = other("listSnapshots", ctx);
        const { items } = await backend.snapshots.listSnapshotPage({ sourceVolumeId: request.id, pageSize: 100 }, lists);
        for (const { id } of items) await backend.snapshots.deleteSnapshot({ id }, other("deleteSnapshot", ctx));
        await backend.deleteVolume(request, ctx);
      },
    }),
  },
  {
    name: "makes a volume as large as its source, though less was asked for",
    families: ["sources"],
    caughtBy: ["SOURCES-1"],
    make: () => (backend) => ({
      createVolume: async (request, ctx) => {
        const { source } = request;
        if (source?.kind !== "volume") return backend.createVolume(request, ctx);
        const { sizeBytes } = await backend.getVolume({ id: source.volumeId }, other("getVolume", ctx));
        return backend.createVolume({ ...request, sizeBytes: Math.max(request.sizeBytes, sizeBytes ?? 0) }, ctx);
      },
    }),
  },
  {
    name: "returns the volume that has the name, of whatever source",
    families: ["sources"],
    caughtBy: ["SOURCES-2"],
    make: () => (backend) => ({
      createVolume: (request, ctx) =>
        backend.getVolume({ name: request.name }, other("getVolume", ctx)).catch(() => backend.createVolume(request, ctx)),
    }),
  },
  {
    name: "takes a limit below the volume's size for no limit",
    families: ["expansion"],
    caughtBy: ["EXPANSION-1"],
    make: () => (backend) => ({
      expansion: {
        expandVolume: ({ id, sizeBytes }, ctx) => backend.expansion.expandVolume({ id, sizeBytes, capacity: { requiredBytes: sizeBytes } }, ctx),
      },
    }),
  },
  {
    name: "does not count new volumes as provisioned",
    families: ["pools"],
    caughtBy: ["POOLS-1"],
    make: () => (backend) => ({
      pools: {
        listPools: async (ctx) =>
          (await backend.pools.listPools(ctx)).map((pool) => ({ ...pool, provisioned: { kind: "bytes", bytes: 0 } as const })),
      },
    }),
  },
  {
    name: "returns the group that has the name, of whatever volumes",
    families: ["groups"],
    caughtBy: ["GROUPS-1"],
    make: () => (backend) => ({
      groups: {
        ...backend.groups,
        createGroup: (request, ctx) =>
          backend.groups.createGroup(request, ctx).catch(async (error: unknown) => {
            const { items } = await backend.groups.listGroupPage({ pageSize: 1000 }, other("listGroups", ctx));
            const found = items.find(({ name }) => name === request.name);
            if (found === undefined) throw error;
            return found;
          }),
      },
    }),
  },
  {
    name: "forgets the volumes that it had when others are added",
    families: ["groups"],
    caughtBy: ["GROUPS-2"],
    make: () => (backend) => ({
      groups: {
        ...backend.groups,
        updateGroup: async (request, ctx) => {
          const { volumeIds } = await backend.groups.getGroup({ id: request.id }, other("getGroup", ctx));
          const remove = [...(request.remove ?? []), ...volumeIds.filter((id) => request.add !== undefined && !request.add.includes(id))];
          return backend.groups.updateGroup({ ...request, remove }, ctx);
        },
      },
    }),
  },
  {
    name: "deletes the snapshots of a group with it",
    families: ["groups"],
    caughtBy: ["GROUPS-3"],
    make: () => {
      const cuts: { readonly id: GroupSnapshotId; readonly groupId: string }[] = [];
      return (backend) => ({
        groups: {
          ...backend.groups,
          createGroupSnapshot: async (request, ctx) => {
            const cut = await backend.groups.createGroupSnapshot(request, ctx);
            cuts.push(cut);
            return cut;
          },
          deleteGroup: async (request, ctx) => {
            const own = cuts.filter(({ groupId }) => groupId === request.id);
            for (const { id } of own) await backend.groups.deleteGroupSnapshot({ id }, other("deleteGroupSnapshot", ctx));
            await backend.groups.deleteGroup(request, ctx);
          },
        },
      });
    },
  },
  {
    name: "gives a volume whose name is taken another name by itself",
    families: ["trash"],
    caughtBy: ["TRASH-1"],
    make: () => (backend) => ({
      ...(backend.trash !== undefined && {
        trash: {
          ...backend.trash,
          undeleteVolume: (request, ctx) =>
            backend.trash === undefined
              ? Promise.reject(new Error("no trash"))
              : backend.trash.undeleteVolume(request, ctx).catch((error: unknown) => {
                  if (request.name !== undefined || backend.trash === undefined) throw error;
                  return backend.trash.undeleteVolume({ ...request, name: `${request.id}-back`.slice(-100) }, ctx);
                }),
        },
      }),
    }),
  },
  {
    name: "hides a purged volume and keeps it",
    families: ["trash"],
    caughtBy: ["TRASH-2"],
    make: () => {
      const hidden = new Set<string>();
      return ({ trash }) => ({
        ...(trash !== undefined && {
          trash: {
            ...trash,
            purgeVolume: async ({ id }) => {
              hidden.add(id);
              return Promise.resolve();
            },
            listTrashPage: async (request, ctx) => {
              const page = await trash.listTrashPage(request, ctx);
              return { ...page, items: page.items.filter(({ id }) => !hidden.has(id)) };
            },
          },
        }),
      });
    },
  },
  {
    name: "says what is wrong and not what to do about it",
    families: ["doctor"],
    caughtBy: ["DOCTOR-1"],
    make: () => ({ doctor }) => ({
      doctor: {
        examine: async (ctx) => [...(await doctor.examine(ctx)), { check: "clock", status: "warning", message: "the clock is two minutes late" }],
      },
    }),
  },
  {
    name: "takes a volume that nobody has attached for a leftover",
    families: ["reconciliation"],
    caughtBy: ["RECONCILIATION-2"],
    make: () => (backend) => ({
      reconciliation: {
        reconcile: async ({ repair = false }, ctx) => {
          const { items } = await backend.listVolumePage({ pageSize: 1000 }, other("listVolumes", ctx));
          for (const { id } of repair ? items : []) await backend.deleteVolume({ id }, other("deleteVolume", ctx));
          return [];
        },
      },
    }),
  },
];
