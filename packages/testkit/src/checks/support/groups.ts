import { requireFacets, type DriverWith, type GroupSnapshot, type VolumeGroup, type VolumeId } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { CheckContext } from "../../check-context.js";

/** Milliseconds between two looks whether a group's snapshot is done. */
const readyPollMs = 250;

/** Makes a group that is removed after the check, before its volumes are. */
export async function makeGroup(ctx: CheckContext, driver: DriverWith<"groups">, volumeIds: readonly VolumeId[], name = ctx.name("group")): Promise<VolumeGroup> {
  const group = await driver.groups.createGroup({ name, volumeIds });
  ctx.defer(`delete group ${name}`, (janitor) => requireFacets(janitor, "groups").groups.deleteGroup({ id: group.id }));
  return group;
}

/** Cuts a group's snapshot and waits until it can be read; it is removed after the check, before its group is. */
export async function cutGroup(ctx: CheckContext, driver: DriverWith<"groups">, group: VolumeGroup, name = ctx.name("cut")): Promise<GroupSnapshot> {
  let cut = await driver.groups.createGroupSnapshot({ name, groupId: group.id });
  const { id } = cut;
  ctx.defer(`delete group snapshot ${name}`, (janitor) => requireFacets(janitor, "groups").groups.deleteGroupSnapshot({ id }));
  while (!cut.readyToUse) {
    await sleep(readyPollMs, undefined, { signal: ctx.signal });
    cut = await driver.groups.getGroupSnapshot({ id });
  }
  return cut;
}
