import { requireFacets, type VolumeGroup, type VolumeId } from "@opensds/core";
import type { Check } from "../check.js";
import { groupDataChecks } from "./groups-data.js";
import { cutGroup, makeGroup } from "./support/groups.js";
import { identityOf } from "./support/volumes.js";

/** What two descriptions of one group have to agree in: its members are a set. */
const membersOf = ({ id, name, volumeIds }: VolumeGroup) => ({ id, name, volumeIds: volumeIds.toSorted() });

/** Groups: how they are named, changed and deleted. */
const groupNameChecks: readonly Check[] = [
  {
    id: "GROUPS-1",
    family: "groups",
    level: "basic",
    title: "The same group or group snapshot again is the same one, and other members or another group under its name are refused",
    rules: ["SB-GROUP-1"],
    facets: ["groups"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "groups");
      const other = requireFacets(await ctx.open(), "groups");
      const [one, two, three] = [await ctx.create("one"), await ctx.create("two"), await ctx.create("three")];
      const name = ctx.name("group");
      const group = await makeGroup(ctx, driver, [one.id, two.id], name);
      ctx.equal(membersOf(group), { id: group.id, name, volumeIds: [one.id, two.id].toSorted() }, "the group");
      for (const volumeIds of [[one.id, two.id], [two.id, one.id]]) {
        ctx.equal(membersOf(await other.groups.createGroup({ name, volumeIds })), membersOf(group), "what the same createGroup returned again");
      }
      const exists = { code: "ALREADY_EXISTS", reason: "group-exists", outcome: "none" } as const;
      for (const volumeIds of [[one.id], [one.id, three.id], [one.id, two.id, three.id]]) {
        await ctx.expectError(driver.groups.createGroup({ name, volumeIds }), exists, "createGroup of other members under a taken name");
      }
      ctx.equal(membersOf(await other.groups.getGroup({ id: group.id })), membersOf(group), "the group after the refusals");

      const second = await makeGroup(ctx, driver, [three.id]);
      const cutName = ctx.name("cut");
      const cut = await cutGroup(ctx, driver, group, cutName);
      ctx.equal(cut.snapshots.map(({ sourceVolumeId }) => sourceVolumeId).toSorted(), [one.id, two.id].toSorted(), "the volumes in the group's snapshot");
      const again = await other.groups.createGroupSnapshot({ name: cutName, groupId: group.id });
      const taken = { code: "ALREADY_EXISTS", reason: "group-snapshot-exists", outcome: "none" } as const;
      const call = driver.groups.createGroupSnapshot({ name: cutName, groupId: second.id });
      await ctx.expectError(call, taken, "createGroupSnapshot of another group under a taken name");
      for (const [what, seen] of [["returned again", again], ["read after the refusal", await other.groups.getGroupSnapshot({ id: cut.id })]] as const) {
        ctx.equal({ id: seen.id, groupId: seen.groupId, createdAt: seen.createdAt }, { id: cut.id, groupId: group.id, createdAt: cut.createdAt }, `the group's snapshot ${what}`);
        ctx.equal(seen.snapshots.map(({ id }) => id).toSorted(), cut.snapshots.map(({ id }) => id).toSorted(), `the snapshots of the group's snapshot ${what}`);
      }
    },
  },
  {
    id: "GROUPS-2",
    family: "groups",
    level: "basic",
    title: "Members are added and removed, adding what is in and removing what is not is harmless, and the list shows each group once",
    rules: ["SB-GROUP-2"],
    facets: ["groups"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "groups");
      const reader = requireFacets(await ctx.open(), "groups");
      const [one, two, three] = [(await ctx.create("one")).id, (await ctx.create("two")).id, (await ctx.create("three")).id];
      const group = await makeGroup(ctx, driver, [one]);
      const steps: readonly (readonly [string, { readonly add?: readonly VolumeId[]; readonly remove?: readonly VolumeId[] }, readonly VolumeId[]])[] = [
        ["adding one and the one that is in", { add: [one, two] }, [one, two]],
        ["adding what is in", { add: [two] }, [one, two]],
        ["removing what is not in", { remove: [three] }, [one, two]],
        ["adding one and removing another", { add: [three], remove: [one] }, [two, three]],
        ["the same again", { add: [three], remove: [one] }, [two, three]],
        ["doing nothing", {}, [two, three]],
      ];
      for (const [what, change, volumeIds] of steps) {
        const expected = { id: group.id, name: group.name, volumeIds: volumeIds.toSorted() };
        ctx.equal(membersOf(await driver.groups.updateGroup({ id: group.id, ...change })), expected, `what updateGroup returned after ${what}`);
        ctx.equal(membersOf(await reader.groups.getGroup({ id: group.id })), expected, `the group after ${what}`);
      }
      const listed: VolumeGroup[] = [];
      for await (const found of reader.groups.listGroups({ pageSize: 1 })) if (found.id === group.id) listed.push(found);
      ctx.equal(listed.map((found) => membersOf(found).volumeIds), [[two, three].toSorted()], "the group in the list");
    },
  },
  {
    id: "GROUPS-3",
    family: "groups",
    level: "basic",
    title: "A group that has a snapshot is not deleted, one that has none is, twice too, and its volumes stay",
    rules: ["SB-GROUP-3"],
    facets: ["groups"],
    run: async (ctx) => {
      const driver = requireFacets(ctx.driver, "groups");
      const other = requireFacets(await ctx.open(), "groups");
      const volumes = [await ctx.create("one"), await ctx.create("two")];
      const group = await makeGroup(ctx, driver, volumes.map(({ id }) => id));
      const cut = await cutGroup(ctx, driver, group);
      const refused = { code: "FAILED_PRECONDITION", reason: "group-has-snapshots", outcome: "none" } as const;
      await ctx.expectError(other.groups.deleteGroup({ id: group.id }), refused, "deleteGroup of a group that has a snapshot");
      ctx.equal(membersOf(await driver.groups.getGroup({ id: group.id })), membersOf(group), "the group after the refusal");
      await driver.groups.getGroupSnapshot({ id: cut.id });

      await driver.groups.deleteGroupSnapshot({ id: cut.id });
      await driver.groups.deleteGroupSnapshot({ id: cut.id });
      await driver.groups.deleteGroup({ id: group.id });
      await driver.groups.deleteGroup({ id: group.id });
      const gone = { code: "NOT_FOUND", reason: "group-not-found", outcome: "none" } as const;
      await ctx.expectError(other.groups.getGroup({ id: group.id }), gone, "getGroup of a deleted group");
      for (const volume of volumes) {
        ctx.equal(identityOf(await other.getVolume({ id: volume.id })), identityOf(volume), "a volume after its group was deleted");
      }
    },
  },
];

/** Groups of volumes. */
export const groupsChecks: readonly Check[] = [...groupNameChecks, ...groupDataChecks];
