import { groupId, requireFacets, volumeId, type Orphan } from "@opensds/core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { cutDescription, groupDescription, membersKey, type GroupRecord } from "../src/groups/group-record.js";
import { snapshotMetadata } from "../src/records/records.js";
import { failureOf } from "./failure-of.js";
import { FakeGroups, type FakeCut, type FakeGroup } from "./fake-groups.js";
import { testClouds } from "./test-clouds.js";

// Nothing takes time; what happens between two looks is a test's to say.
const between = vi.hoisted(() => ({ looks: (): void => undefined }));
vi.mock("../src/poll.js", () => {
  const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const pacer = { next: rest, done: () => undefined };
  const pause = (): Promise<void> => {
    between.looks();
    return rest();
  };
  return { pause, createPacer: () => pacer, createPaces: () => () => pacer };
});
beforeEach(() => {
  between.looks = () => undefined;
});

const { cloudWith, driverOn } = testClouds();

const idOf = (kind: string, number: number): string => `${kind.repeat(8)}-0000-4000-8000-${String(number).padStart(12, "0")}`;
const [one, two, three] = [volumeId(idOf("1", 1)), volumeId(idOf("1", 2)), volumeId(idOf("1", 3))];

describe("groups", () => {
  it("are there where a group type is named, and nowhere else", async () => {
    const server = await cloudWith(() => undefined);
    for (const [options, there] of [[{}, false], [{ groupType: "consistent" }, true]] as const) {
      const driver = await driverOn(server, options);
      await driver.setup();
      expect([driver.manifest.facets.includes("groups"), driver.groups !== undefined]).toEqual([there, there]);
    }
  });
});

describe("two docks that change one group at once", () => {
  async function cloudWithGroup(state: GroupRecord["state"], volumes: string[]) {
    const cloud = new FakeGroups();
    for (const id of [one, two, three]) cloud.members.add(id);
    const id = idOf("2", 1);
    cloud.groups.set(id, { id, description: groupDescription({ state, members: membersKey([one, two]), name: "both" }), status: "available", volumes });
    /** What happens before any request is answered. */
    const seen = { onRequest: (_method: string, _path: string): void => undefined };
    const server = await cloudWith((request) => {
      seen.onRequest(request.method, request.path);
      return cloud.answer(request);
    });
    const driver = await driverOn(server, { groupType: "consistent" });
    await driver.setup();
    const { groups } = requireFacets(driver, "groups");
    /** Has the other dock do something just before this one's first change arrives. */
    const before = (other: (group: FakeGroup) => void): void => {
      let done = false;
      cloud.onChange = () => {
        const group = cloud.groups.get(id);
        if (done || group === undefined) return;
        done = true;
        other(group);
      };
    };
    return { cloud, seen, groups, id: groupId(id), before };
  }

  it("make it, though one is told that the other has put its volume in already", async () => {
    const { groups, id, before } = await cloudWithGroup("making", [one]);
    before((group) => group.volumes.push(two));
    expect(await groups.createGroup({ name: "both", volumeIds: [one, two] })).toEqual({ id, name: "both", volumeIds: [one, two] });
  });

  it("take volumes out of it and put some in, though one is told that the other has done so already", async () => {
    const { groups, id, before } = await cloudWithGroup("made", [one, two]);
    before((group) => (group.volumes = [two]));
    expect(await groups.updateGroup({ id, add: [three], remove: [one] })).toEqual({ id, name: "both", volumeIds: [two, three] });
  });

  it("put nothing more into one that the other takes apart", async () => {
    const { cloud, groups, id, before } = await cloudWithGroup("made", [one]);
    let changes = 0;
    before((group) => {
      group.description = groupDescription({ state: "closing", members: membersKey([one, two]), name: "both" });
      group.volumes = [];
      cloud.refusal = "Invalid group: Group status must be available";
      cloud.onChange = () => {
        changes++;
      };
    });
    expect(await failureOf(groups.updateGroup({ id, add: [two] }))).toMatchObject({ code: "NOT_FOUND", reason: "group-not-found" });
    expect(changes).toBe(0);
  });

  it("put a volume in when a host just has or lets go of it", async () => {
    const { cloud, groups, id, before } = await cloudWithGroup("made", [one]);
    let looks = 3;
    before(() => {
      cloud.onChange = () => {
        cloud.refusal = looks-- > 0 ? `Invalid volume: Cannot add volume ${two} to group ${id} because volume is in an invalid state: reserved. Valid states are: ('available', 'in-use').` : undefined;
      };
      cloud.onChange("PUT", "");
    });
    expect((await groups.updateGroup({ id, add: [two] })).volumeIds).toEqual([one, two]);
  });

  it("get the one that the other has made between their look and the one at its volumes", async () => {
    const { cloud, seen, groups, id } = await cloudWithGroup("made", [one, two]);
    const made = cloud.groups.get(id);
    cloud.groups.delete(id);
    seen.onRequest = (_, path) => {
      if (path.endsWith(one) && made !== undefined) cloud.groups.set(id, made);
    };
    expect(await groups.createGroup({ name: "both", volumeIds: [one, two] })).toEqual({ id, name: "both", volumeIds: [one, two] });
  });

  it("are still told that a volume is in another group", async () => {
    const { groups } = await cloudWithGroup("made", [one, two]);
    expect(await failureOf(groups.createGroup({ name: "second", volumeIds: [one] }))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-group" });
  });

  it("delete it, though the other has done so before this one closes it", async () => {
    const { cloud, groups, id, before } = await cloudWithGroup("made", [one]);
    before(() => cloud.groups.delete(id));
    await groups.deleteGroup({ id });
    expect(cloud.groups.size).toBe(0);
  });

  it("are told what Cinder has against it where nobody else is the cause", async () => {
    const { cloud, groups, id } = await cloudWithGroup("made", [one]);
    cloud.refusal = "Invalid volume: Cannot add it because it is of another type";
    const failure = await failureOf(groups.updateGroup({ id, add: [two] }));
    expect([failure.code, failure.reason]).toEqual(["FAILED_PRECONDITION", "command-refused"]);
    expect(failure.message).toContain("of another type");
  });
});

describe("what killed calls left of groups", () => {
  /** A cloud with groups of all kinds, and a driver on it. */
  async function cloudWithGroups() {
    const cloud = new FakeGroups();
    const group = (number: number, state: GroupRecord["state"] | undefined, volumes: string[]): string => {
      const id = idOf("2", number);
      const description = state === undefined ? null : groupDescription({ state, members: membersKey(volumes), name: `group ${number}` });
      cloud.groups.set(id, { id, description, status: "available", volumes });
      return id;
    };
    const [made, making, closing, foreign] = [group(1, "made", [one]), group(2, "making", [two]), group(3, "closing", [three]), group(4, undefined, [])];
    const cut = (number: number, over: Partial<FakeCut> = {}): string => {
      const id = idOf("3", number);
      const part = { id: idOf("4", number), volume_id: one, metadata: {} };
      cloud.cuts.set(id, { id, group_id: made, status: "available", description: cutDescription(`cut ${number}`), parts: [part], ...over });
      return id;
    };
    const vouched = { id: idOf("4", 9), volume_id: one, metadata: { ...snapshotMetadata({ name: idOf("4", 9), sourceVolumeId: one }), "opensds.cut": idOf("3", 9) } };
    const [loose, broken, cutting, good, theirs] = [cut(5), cut(6, { status: "error", parts: [] }), cut(7, { status: "creating", parts: [] }), cut(9, { parts: [vouched] }), cut(8, { description: "by hand" })];
    const server = await cloudWith((request) => cloud.answer(request));
    const driver = await driverOn(server, { groupType: "consistent" });
    await driver.setup();
    const reconcile = async (repair: boolean): Promise<readonly Orphan[]> => (await driver.reconciliation?.reconcile({ repair })) ?? [];
    const changes = (): readonly string[] => server.received.filter(({ method, path }) => method !== "GET" && !path.endsWith("/tokens")).map(({ method, path }) => `${method} ${path}`);
    return { cloud, reconcile, changes, ...{ made, making, closing, foreign, loose, broken, cutting, good, theirs } };
  }

  it("is found, and told without being touched", async () => {
    const { reconcile, changes, making, closing, loose, broken } = await cloudWithGroups();
    const found = await reconcile(false);
    expect(found.map(({ kind, reference, action, repaired }) => [kind, reference, action, repaired])).toEqual([
      ["unfinished-group-snapshot", loose, "undo", false],
      ["unfinished-group-snapshot", broken, "undo", false],
      ["unfinished-group", making, "undo", false],
      ["unfinished-group", closing, "finish", false],
    ]);
    expect(found.map(({ message }) => message).join("\n")).toContain('making group "group 2" was cut off');
    expect(changes()).toEqual([]);
  });

  it("goes where that is asked for, its volumes being left, and nothing else does", async () => {
    const { cloud, reconcile, made, foreign, cutting, good, theirs } = await cloudWithGroups();
    expect((await reconcile(true)).map(({ repaired }) => repaired)).toEqual([true, true, true, true]);
    expect([...cloud.groups.keys()]).toEqual([made, foreign]);
    expect(cloud.groups.get(made)?.volumes).toEqual([one]);
    expect([...cloud.cuts.keys()].toSorted()).toEqual([cutting, good, theirs].toSorted());
    expect(await reconcile(true)).toEqual([]);
  });

  it("goes also where a slow call puts one more volume in", async () => {
    const { cloud, reconcile, closing } = await cloudWithGroups();
    let slow = 1;
    cloud.onChange = (method, path) => {
      if (method === "POST" && path.includes(closing) && slow-- > 0) cloud.groups.get(closing)?.volumes.push(one);
    };
    await reconcile(true);
    expect([cloud.groups.has(closing), slow]).toEqual([false, -1]);
  });

  it("is not what somebody is at work on: it has changed after a while", async () => {
    const { cloud, reconcile, changes, making, closing, loose, broken } = await cloudWithGroups();
    between.looks = () => {
      cloud.groups.get(making)?.volumes.push(three);
      cloud.groups.delete(closing);
      const part = cloud.cuts.get(loose)?.parts[0];
      if (part !== undefined) part.metadata = { "opensds.cut": loose };
      cloud.cuts.delete(broken);
    };
    expect(await reconcile(true)).toEqual([]);
    expect(changes()).toEqual([]);
  });

  it("is left to a call that goes on in the last moment", async () => {
    const { cloud, reconcile, making, loose } = await cloudWithGroups();
    // The lock is taken by then.
    cloud.onChange = () => {
      const group = cloud.groups.get(making);
      if (group !== undefined) group.description = groupDescription({ state: "made", members: membersKey([two]), name: "group 2" });
      const part = cloud.cuts.get(loose)?.parts[0];
      if (part !== undefined) part.metadata = { "opensds.cut": loose };
    };
    await reconcile(true);
    expect(cloud.groups.get(making)?.volumes).toEqual([two]);
    expect(cloud.cuts.has(loose)).toBe(true);
  });
});
