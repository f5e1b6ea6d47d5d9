import { GiB, groupId, hostId, requireFacets, type Backends, type DriverWith, type VolumeId } from "@opensds/core";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf } from "./failure-of.js";
import { openLab } from "./live/lab.js";
import { cutDescription, groupDescription, membersKey } from "../src/groups/group-record.js";
import { outsider, rowsOf } from "./live/raw.js";

const prefix = `groups-${process.pid}-`;

describe("groups of volumes", () => {
  const opened: Backends[] = [];
  /** A dock of its own. */
  const dock = async (): Promise<DriverWith<"groups" | "sources">> => {
    const backends = await openLab("cinder", { groupType: "consistent" });
    opened.push(backends);
    await backends.setup();
    return requireFacets(backends.get("cloud"), "groups", "sources");
  };
  let driver: DriverWith<"groups" | "sources">;
  beforeAll(async () => {
    driver = await dock();
  });
  afterAll(async () => {
    for (const backends of opened) await backends.unset();
  });

  it("are made once, changed, cut while no host has a volume of theirs, cloned from, and deleted", async () => {
    const { groups } = driver;
    const make = async (name: string): Promise<VolumeId> => (await driver.createVolume({ name: `${prefix}${name}`, capacity: { requiredBytes: GiB } })).id;
    const [one, two, three] = [await make("one"), await make("two"), await make("three")];
    const request = { name: `${prefix}group ü`, volumeIds: [one, two] };
    const other = await dock();
    const [group, same] = await Promise.all([groups.createGroup(request), other.groups.createGroup({ ...request, volumeIds: [two, one] })]);
    expect(group).toEqual(same);
    expect(group).toMatchObject({ name: request.name, volumeIds: [one, two].toSorted() });
    expect(await failureOf(groups.createGroup({ name: request.name, volumeIds: [one] }))).toMatchObject({ code: "ALREADY_EXISTS", reason: "group-exists", outcome: "none" });
    expect(await failureOf(groups.createGroup({ name: `${prefix}second`, volumeIds: [two] }))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-group" });
    expect(await failureOf(driver.deleteVolume({ id: one }))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-group", outcome: "none" });

    expect((await groups.updateGroup({ id: group.id, add: [three, two], remove: [one] })).volumeIds).toEqual([two, three].toSorted());
    const connector = { hostId: hostId("groups"), hostName: "groups", bootId: "b" };
    const { attachment } = await driver.connectVolume({ volumeId: two, connector });
    expect(await failureOf(groups.createGroupSnapshot({ name: `${prefix}cut`, groupId: group.id }))).toMatchObject({
      ...{ code: "FAILED_PRECONDITION", reason: "volume-busy", outcome: "none", recovery: "retry" },
      details: { hosts: ["groups"] },
    });
    await driver.disconnectVolume({ volumeId: two, attachmentId: attachment.id });

    const cut = await groups.createGroupSnapshot({ name: `${prefix}cut`, groupId: group.id });
    expect(cut.snapshots.map(({ sourceVolumeId }) => sourceVolumeId).toSorted()).toEqual([two, three].toSorted());
    expect(await groups.createGroupSnapshot({ name: `${prefix}cut`, groupId: group.id })).toEqual(cut);
    expect(await failureOf(groups.deleteGroup({ id: group.id }))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "group-has-snapshots", outcome: "none" });
    for (const id of [two, three]) expect((await driver.getVolume({ id })).state).toBe("available");
    const [part] = cut.snapshots;
    const clone = await driver.createVolume({ name: `${prefix}clone`, capacity: { requiredBytes: GiB }, ...(part !== undefined && { source: { kind: "snapshot", snapshotId: part.id } }) });
    await driver.deleteVolume({ id: clone.id });

    await groups.deleteGroupSnapshot({ id: cut.id });
    await groups.deleteGroup({ id: group.id });
    await groups.deleteGroup({ id: group.id });
    expect((await failureOf(groups.getGroup({ id: group.id }))).reason).toBe("group-not-found");
    for (const id of [one, two, three]) await driver.deleteVolume({ id });
    const cloud = await outsider();
    await expect.poll(async () => (await rowsOf(cloud, prefix)).length, { timeout: 20_000 }).toBe(0);
    const left = v.parse(v.object({ groups: v.array(v.object({ name: v.string() })) }), await cloud.cinder("GET", "/groups")).groups;
    expect(left.filter(({ name }) => name.startsWith(prefix))).toEqual([]);
  });

  it("that killed calls left half made, half cut or held are found and mended by reconcile, and nothing else is touched", async () => {
    const cloud = await outsider();
    const make = async (name: string): Promise<VolumeId> => (await driver.createVolume({ name: `${prefix}${name}`, capacity: { requiredBytes: GiB } })).id;
    const [one, two] = [await make("left-one"), await make("left-two")];
    const whole = await driver.groups.createGroup({ name: `${prefix}whole`, volumeIds: [one] });
    const good = await driver.groups.createGroupSnapshot({ name: `${prefix}good`, groupId: whole.id });
    const idIn = (what: string, answer: unknown): string => v.parse(v.object({ [what]: v.object({ id: v.string() }) }), answer)[what]?.id ?? "";
    const available = (path: string, what: string) => async (): Promise<unknown> => v.parse(v.object({ [what]: v.object({ status: v.string() }) }), await cloud.cinder("GET", path))[what]?.status;

    // What a killed createGroup leaves,
    const description = groupDescription({ state: "making", members: membersKey([two]), name: `${prefix}half` });
    const { group_types: types } = v.parse(v.object({ group_types: v.array(v.object({ id: v.string(), name: v.string() })) }), await cloud.cinder("GET", "/group_types"));
    const type = types.find(({ name }) => name === "consistent")?.id;
    const half = idIn("group", await cloud.cinder("POST", "/groups", { group: { name: `${prefix}half`, description, group_type: type, volume_types: ["rbd"] } }));
    await expect.poll(available(`/groups/${half}`, "group"), { timeout: 20_000 }).toBe("available");
    await cloud.cinder("PUT", `/groups/${half}`, { group: { add_volumes: two } });
    await expect.poll(available(`/groups/${half}`, "group"), { timeout: 20_000 }).toBe("available");
    // and a killed createGroupSnapshot: a cut that nobody has vouched for, and a volume that is held.
    const cut = { group_id: whole.id, name: `${prefix}loose`, description: cutDescription(`${prefix}loose`) };
    const loose = idIn("group_snapshot", await cloud.cinder("POST", "/group_snapshots", { group_snapshot: cut }));
    await expect.poll(available(`/group_snapshots/${loose}`, "group_snapshot"), { timeout: 20_000 }).toBe("available");
    const held = idIn("attachment", await cloud.cinder("POST", "/attachments", { attachment: { volume_uuid: one } }));
    expect((await failureOf(driver.groups.getGroup({ id: groupId(half) }))).code).toBe("NOT_FOUND");

    const found = (await driver.reconciliation?.reconcile({ repair: true })) ?? [];
    for (const reference of [half, loose, held]) expect(found).toContainEqual(expect.objectContaining({ reference, repaired: true }));
    for (const path of [`/groups/${half}`, `/group_snapshots/${loose}`, `/attachments/${held}`]) await expect(cloud.cinder("GET", path)).rejects.toThrow("404");
    for (const id of [one, two]) expect((await driver.getVolume({ id })).state).toBe("available");
    expect(await driver.groups.getGroup({ id: whole.id })).toEqual(whole);
    expect(await driver.groups.getGroupSnapshot({ id: good.id })).toEqual(good);

    await driver.groups.deleteGroupSnapshot({ id: good.id });
    await driver.groups.deleteGroup({ id: whole.id });
    for (const id of [one, two]) await driver.deleteVolume({ id });
  });
});
