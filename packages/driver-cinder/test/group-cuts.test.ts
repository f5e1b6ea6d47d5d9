import { groupId, requireFacets, volumeId } from "@opensds/core";
import { describe, expect, it, vi } from "vitest";
import { cutDescription, groupDescription, membersKey } from "../src/groups/group-record.js";
import { failureOf } from "./failure-of.js";
import { FakeGroups } from "./fake-groups.js";
import { testClouds } from "./test-clouds.js";

// Nothing takes time.
vi.mock("../src/poll.js", () => {
  const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const pacer = { next: rest, done: () => undefined };
  return { pause: rest, createPacer: () => pacer, createPaces: () => () => pacer };
});

const { cloudWith, driverOn } = testClouds();

const idOf = (kind: string, number: number): string => `${kind.repeat(8)}-0000-4000-8000-${String(number).padStart(12, "0")}`;
const [one, two, three] = [volumeId(idOf("1", 1)), volumeId(idOf("1", 2)), volumeId(idOf("1", 3))];

describe("a cut of a group", () => {
  async function cloudWithGroup() {
    const cloud = new FakeGroups();
    for (const id of [one, two, three]) cloud.members.add(id);
    const id = idOf("2", 1);
    cloud.groups.set(id, { id, description: groupDescription({ state: "made", members: membersKey([one, two]), name: "both" }), status: "available", volumes: [one, two] });
    const server = await cloudWith((request) => cloud.answer(request));
    const driver = await driverOn(server, { groupType: "consistent" });
    await driver.setup();
    const { groups } = requireFacets(driver, "groups");
    return { cloud, groups, id: groupId(id) };
  }

  it("holds its volumes while it is made, and lets them go", async () => {
    const { cloud, groups, id } = await cloudWithGroup();
    const cut = await groups.createGroupSnapshot({ name: "cut", groupId: id });
    expect(cut.snapshots.map(({ sourceVolumeId }) => sourceVolumeId)).toEqual([one, two]);
    expect(cloud.attachments).toEqual([]);
  });

  it("is begun anew with what the group has, where somebody changes that before it", async () => {
    const { cloud, groups, id } = await cloudWithGroup();
    let reservations = 0;
    cloud.onChange = (method, path) => {
      // Both of its volumes are held, and now the lock is taken.
      if (method === "POST" && path.endsWith("/attachments") && ++reservations === 3) cloud.groups.get(id)?.volumes.push(three);
    };
    const cut = await groups.createGroupSnapshot({ name: "cut", groupId: id });
    expect(cut.snapshots.map(({ sourceVolumeId }) => sourceVolumeId)).toEqual([one, two, three]);
    expect([cloud.cuts.size, cloud.attachments]).toEqual([1, []]);
  });

  it("waits while somebody is changing the group", async () => {
    const { cloud, groups, id } = await cloudWithGroup();
    const group = cloud.groups.get(id);
    let locks = 0;
    cloud.onChange = (method, path) => {
      if (group === undefined || method !== "POST") return;
      if (path.endsWith("/attachments") && ++locks === 3) group.status = "updating";
      if (path.endsWith("/attachments") && locks === 6) Object.assign(group, { status: "available", volumes: [two] });
      if (path.endsWith("/group_snapshots")) expect(group.status).toBe("available");
    };
    expect((await groups.createGroupSnapshot({ name: "cut", groupId: id })).snapshots.map(({ sourceVolumeId }) => sourceVolumeId)).toEqual([two]);
  });

  it("keeps its volumes in the group, also where it comes after a look and before the volume is taken out", async () => {
    const { cloud, groups, id } = await cloudWithGroup();
    const cut = idOf("3", 1);
    cloud.onChange = () => cloud.cuts.set(cut, { id: cut, group_id: id, status: "creating", description: cutDescription("cut"), parts: [] });
    expect(await failureOf(groups.updateGroup({ id, remove: [one] }))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "group-has-snapshots", outcome: "none" });
    expect(cloud.groups.get(id)?.volumes).toEqual([one, two]);
  });

  it("leaves what another tool has reserved for an instance, however long that waits for its server", async () => {
    const { cloud, groups, id } = await cloudWithGroup();
    const theirs = { id: "theirs", volume_id: two, status: "reserved", instance: "c0ffee00-0000-4000-8000-000000000001" };
    cloud.attachments.push(theirs);
    const failure = await failureOf(groups.createGroupSnapshot({ name: "cut", groupId: id }));
    expect(failure).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-busy", details: { hosts: [`instance ${theirs.instance}`] } });
    expect(cloud.attachments).toEqual([theirs]);
  });
});
