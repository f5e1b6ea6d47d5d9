import { isSouthboundError, requireFacets, type GroupId, type VolumeGroup } from "@opensds/core";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { crashAndReplay, type CrashCase } from "./support/crash.js";

/** Killed within the operations of groups. */
export const groupCrashChecks: readonly Check[] = [
  {
    id: "CRASH-10",
    family: "crash",
    level: "full",
    title: "Making or changing a group, by a process that is killed, is finished by the same call",
    rules: ["SB-CRASH-3"],
    needs: ["processes"],
    facets: ["groups"],
    run: async (ctx) => {
      await crashAndReplay(ctx, grouping(ctx), 1);
      await crashAndReplay(ctx, regrouping(ctx), 1);
    },
  },
  {
    id: "CRASH-15",
    family: "crash",
    level: "full",
    title: "Cutting or deleting a group, by a process that is killed, is finished by the same call",
    rules: ["SB-CRASH-3"],
    needs: ["processes"],
    facets: ["groups"],
    run: async (ctx) => {
      await crashAndReplay(ctx, cutting(ctx), 1);
      await crashAndReplay(ctx, ungrouping(ctx), 1);
    },
  },
];

async function madeGroup(ctx: CheckContext, label: string): Promise<VolumeGroup> {
  const { groups } = requireFacets(ctx.driver, "groups");
  const { id } = await ctx.create(`${label}-member`);
  const group = await groups.createGroup({ name: ctx.name(label), volumeIds: [id] });
  deferGroup(ctx, group.id);
  return group;
}

function grouping(ctx: CheckContext): CrashCase {
  const { groups } = requireFacets(ctx.driver, "groups");
  return {
    operation: "groups.createGroup",
    prepare: async () => {
      const { id } = await ctx.create("member");
      const request = { name: ctx.name("group"), volumeIds: [id] };
      let group: VolumeGroup | undefined;
      return {
        request,
        replay: async () => {
          group = await groups.createGroup(request);
          deferGroup(ctx, group.id);
        },
        verify: async (when) => {
          ctx.equal(group?.volumeIds, [id], `the group's members ${when} and repeated`);
          if (group !== undefined) await groups.deleteGroup({ id: group.id });
          await ctx.driver.deleteVolume({ id });
        },
      };
    },
  };
}

function regrouping(ctx: CheckContext): CrashCase {
  const { groups } = requireFacets(ctx.driver, "groups");
  return {
    operation: "groups.updateGroup",
    prepare: async () => {
      const { id, volumeIds } = await madeGroup(ctx, "changed");
      const added = (await ctx.create("added")).id;
      const request = { id, add: [added], remove: [...volumeIds] };
      return {
        request,
        replay: () => groups.updateGroup(request),
        verify: async (when) => {
          ctx.equal((await groups.getGroup({ id })).volumeIds, [added], `the group's members ${when} and repeated`);
          await groups.deleteGroup({ id });
          for (const volume of [added, ...volumeIds]) await ctx.driver.deleteVolume({ id: volume });
        },
      };
    },
  };
}

function cutting(ctx: CheckContext): CrashCase {
  const { groups } = requireFacets(ctx.driver, "groups");
  return {
    operation: "groups.createGroupSnapshot",
    prepare: async () => {
      const { id: groupId, volumeIds } = await madeGroup(ctx, "cut");
      const request = { name: ctx.name("group-snapshot"), groupId };
      return {
        request,
        replay: () => groups.createGroupSnapshot(request),
        verify: async (when) => {
          const made = await groups.createGroupSnapshot(request);
          ctx.equal(made.snapshots.map(({ sourceVolumeId }) => sourceVolumeId), volumeIds, `the volumes in the group's snapshot ${when} and repeated`);
          await groups.deleteGroupSnapshot({ id: made.id });
          await groups.deleteGroup({ id: groupId });
          for (const volume of volumeIds) await ctx.driver.deleteVolume({ id: volume });
        },
      };
    },
  };
}

function ungrouping(ctx: CheckContext): CrashCase {
  const { groups } = requireFacets(ctx.driver, "groups");
  return {
    operation: "groups.deleteGroup",
    prepare: async () => {
      const { id, volumeIds } = await madeGroup(ctx, "deleted");
      return {
        request: { id },
        replay: () => groups.deleteGroup({ id }),
        verify: async (when) => {
          await ctx.expectError(groups.getGroup({ id }), { code: "NOT_FOUND" }, `getGroup ${when} and repeated`);
          for (const volume of volumeIds) await ctx.driver.deleteVolume({ id: volume });
        },
      };
    },
  };
}

/** Snapshots of it go with the checks that made them; what is left of a failed one keeps its group. */
function deferGroup(ctx: CheckContext, id: GroupId): void {
  ctx.defer(`remove group ${id}`, async (janitor) => {
    await janitor.groups?.deleteGroup({ id }).catch((error: unknown) => {
      if (!isSouthboundError(error) || error.code !== "NOT_FOUND") throw error;
    });
  });
}
