import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { groupId, groupSnapshotId, MiB, volumeId, type GroupId, type VolumeId } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { atEachStep, countAsDead, expectClean, mustHave } from "./crash.js";
import { allPages, context, failure, openDirectory, stores, temporaryDirectory, type Client } from "./support.js";

countAsDead();

const create = (client: Client, name: string, ...volumeIds: VolumeId[]) =>
  client.backend.groups.createGroup({ name, volumeIds }, context("createGroup", client.onStep));
const get = (client: Client, id: GroupId) => client.backend.groups.getGroup({ id }, context("getGroup"));
const change = (client: Client, id: GroupId, request: { add?: VolumeId[]; remove?: VolumeId[] }) =>
  client.backend.groups.updateGroup({ id, ...request }, context("updateGroup", client.onStep));
const remove = (client: Client, id: GroupId) => client.backend.groups.deleteGroup({ id }, context("deleteGroup", client.onStep));
const cut = (client: Client, name: string, id: GroupId) =>
  client.backend.groups.createGroupSnapshot({ name, groupId: id }, context("createGroupSnapshot", client.onStep));
const uncut = (client: Client, id: string) =>
  client.backend.groups.deleteGroupSnapshot({ id: groupSnapshotId(id) }, context("deleteGroupSnapshot", client.onStep));
const list = (client: Client, pageSize = 100) =>
  allPages((token) => client.backend.groups.listGroupPage({ pageSize, token }, context("listGroups")));

async function volumes(client: Client, ...names: string[]): Promise<VolumeId[]> {
  const ids: VolumeId[] = [];
  for (const name of names) ids.push((await client.create(name)).id);
  return ids.sort();
}

describe.each(stores)("groups in $store", ({ open: openStore }) => {
  it("are keyed by name, and listed", async () => {
    const client = await openStore();
    const [a = volumeId(""), b = volumeId("")] = await volumes(client, "a", "b");
    const group = await create(client, "g", a, b);
    expect(group).toMatchObject({ name: "g", volumeIds: [a, b] });
    expect(await create(client, "g", b, a)).toEqual(group);
    expect(await failure(create(client, "g", a))).toMatchObject({ code: "ALREADY_EXISTS", reason: "group-exists", outcome: "none" });
    const empty = await create(client, "empty");
    expect((await list(client, 1)).map(({ id }) => id).sort()).toEqual([group.id, empty.id].sort());
    expect(await failure(cut(client, "s", empty.id))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "group-empty" });
    expect(await failure(get(client, groupId("x")))).toMatchObject({ code: "NOT_FOUND", reason: "group-not-found" });
    expect(await failure(create(client, "h", volumeId("x")))).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
  });

  it("share no volume, and hold their volumes", async () => {
    const client = await openStore();
    const [a = volumeId(""), b = volumeId(""), c = volumeId("")] = await volumes(client, "a", "b", "c");
    const group = await create(client, "g", a, b);
    const error = await failure(create(client, "h", c, b));
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-group", details: { groupId: group.id } });
    expect(await list(client)).toEqual([group]);
    expect(await failure(client.remove(a))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-group", outcome: "none" });
    await client.remove(c);
    expect((await change(client, group.id, { remove: [a] })).volumeIds).toEqual([b]);
    expect((await change(client, group.id, { remove: [a] })).volumeIds).toEqual([b]);
    expect(await create(client, "g", a, b)).toMatchObject({ volumeIds: [b] });
    const other = await create(client, "h", a);
    expect(await failure(change(client, group.id, { add: [a] }))).toMatchObject({ reason: "volume-in-group", details: { groupId: other.id } });
    await remove(client, other.id);
    await remove(client, other.id);
    expect((await change(client, group.id, { add: [a] })).volumeIds).toEqual([a, b]);
    await remove(client, group.id);
    await client.remove(a);
  });

  it("have snapshots that are there as a whole", async () => {
    const client = await openStore();
    const [a = volumeId(""), b = volumeId("")] = await volumes(client, "a", "b");
    const alone = await client.snapshot("alone", a);
    const group = await create(client, "g", a, b);
    const snapshot = await cut(client, "gs", group.id);
    expect(snapshot).toMatchObject({ name: "gs", groupId: group.id, readyToUse: true });
    expect(snapshot.snapshots.map(({ sourceVolumeId }) => sourceVolumeId)).toEqual([a, b]);
    expect(await cut(client, "gs", group.id)).toEqual(snapshot);
    expect(await client.backend.groups.getGroupSnapshot({ id: snapshot.id }, context("getGroupSnapshot"))).toEqual(snapshot);
    expect(await client.listSnapshots(undefined, 1)).toEqual([alone, ...snapshot.snapshots]);
    expect(await client.listSnapshots(b)).toEqual([snapshot.snapshots[1]]);
    const [first] = snapshot.snapshots;
    if (first === undefined) throw new Error("no member");
    for (const request of [{ id: first.id }, { name: first.name }]) {
      expect(await client.backend.snapshots.getSnapshot(request, context("getSnapshot"))).toEqual(first);
    }
    const deletion = client.backend.snapshots.deleteSnapshot({ id: first.id }, context("deleteSnapshot"));
    expect(await failure(deletion)).toMatchObject({ code: "FAILED_PRECONDITION", reason: "snapshot-in-use", outcome: "none" });
    await client.create("clone", { source: { kind: "snapshot", snapshotId: first.id } });
    await client.revert(a, first.id);
    expect(await failure(remove(client, group.id))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "group-has-snapshots" });
    await uncut(client, snapshot.id);
    await uncut(client, snapshot.id);
    expect(await client.listSnapshots()).toEqual([alone]);
    await client.backend.snapshots.deleteSnapshot({ id: first.id }, context("deleteSnapshot"));
    await remove(client, group.id);
    expect(await failure(cut(client, "next", group.id))).toMatchObject({ code: "NOT_FOUND", reason: "group-not-found" });
  });
});

describe("groups in files", () => {
  it("give a volume that many ask for at once to one of them", async () => {
    const dir = await temporaryDirectory();
    const clients = await Promise.all([1, 2, 3, 4].map(() => openDirectory(dir)));
    const ids = await volumes(await openDirectory(dir), "a", "b", "c");
    for (let round = 0; round < 5; round += 1) {
      const results = await Promise.allSettled(clients.map((client, at) => create(client, `g${round}-${at}`, ...(at % 2 === 0 ? ids : [...ids].reverse()))));
      const client = await expectClean(dir);
      const groups = await list(client);
      const members = groups.flatMap(({ volumeIds }) => volumeIds);
      expect(new Set(members).size).toBe(members.length);
      expect(groups).toHaveLength(results.filter(({ status }) => status === "fulfilled").length);
      for (const { id, volumeIds } of groups) {
        expect(volumeIds).toEqual(ids);
        await remove(client, id);
      }
    }
  });

  const twoVolumes = async (client: Client) => {
    const [a] = [await client.create("a"), await client.create("b")];
    await client.write(a.id, "content");
    return a;
  };
  const both = async (client: Client) => (await client.list()).map(({ id }) => id).sort();

  it("converge when their making was killed, replayed or not", async () => {
    const make = async (client: Client) => create(client, "g", ...(await both(client)));
    const steps = await atEachStep(twoVolumes, make, async ({ dir, other, volume }) => {
      const swept = await expectClean(dir);
      expect(await list(swept)).toEqual([]);
      const taken = await create(swept, "other", mustHave(volume).id);
      await remove(swept, taken.id);
      expect((await make(other)).volumeIds).toEqual(await both(other));
      await expectClean(dir);
    });
    expect(steps).toEqual(["stage", "publish", ...Array.from({ length: 3 }, () => ["write-version", "move-head"]).flat()]);
  });

  it("have all snapshots or none when their cutting was killed", async () => {
    const prepare = async (client: Client) => {
      const volume = await twoVolumes(client);
      await create(client, "g", ...(await both(client)));
      return volume;
    };
    const call = async (client: Client) => cut(client, "gs", (await list(client))[0]?.id ?? groupId(""));
    const steps = await atEachStep(prepare, call, async ({ dir, other }) => {
      expect([0, 2]).toContain((await other.listSnapshots()).length);
      const made = await call(other);
      const client = await expectClean(dir);
      expect(await client.listSnapshots()).toEqual(made.snapshots);
      const texts: string[] = [];
      for (const [index, { id }] of made.snapshots.entries()) {
        texts.push(await client.text((await client.create(`clone-${index}`, { source: { kind: "snapshot", snapshotId: id } })).id));
      }
      expect(texts.sort()).toEqual(["", "content"]);
    });
    expect(steps.slice(0, 2)).toEqual(["stage", "publish"]);
  });

  it("are cut at one moment for all volumes while somebody writes now and then", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const ids = await volumes(client, "a", "b");
    const paths: string[] = [];
    for (const id of ids) {
      const { info } = await client.connect(id, "host");
      if (info.protocol === "file") paths.push(info.path);
    }
    const group = await create(client, "g", ...ids);
    const ended = new AbortController();
    let written = 0;
    const writing = (async () => {
      const files = await Promise.all(paths.map((path) => open(path, "r+")));
      for (let count = 1; !ended.signal.aborted; count += 1) {
        await files[count % 2]?.write(Buffer.from([count]), 0, 1, 0);
        written = count;
        await sleep(150);
      }
      for (const file of files) await file.close();
    })();
    await expect.poll(() => written, { timeout: 10_000 }).toBeGreaterThan(2);
    const { snapshots } = await cut(client, "gs", group.id);
    ended.abort();
    await writing;
    const counts: number[] = [];
    for (const [index, { id }] of snapshots.entries()) {
      const clone = await client.create(`clone-${index}`, { source: { kind: "snapshot", snapshotId: id }, sizeBytes: MiB });
      counts.push((await client.text(clone.id)).charCodeAt(0));
    }
    expect(Math.abs((counts[0] ?? 0) - (counts[1] ?? 0))).toBe(1);
  });
});
