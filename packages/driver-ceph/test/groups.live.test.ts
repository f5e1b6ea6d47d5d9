import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MiB, requireFacets, type DriverWith, type Volume } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { live, openNamespace, stock, uniqueName, type LabNamespace } from "./live/lab.js";

type Driver = DriverWith<"groups" | "snapshots" | "reconciliation" | "imports">;

const capacity = { requiredBytes: 4 * MiB };
const isRoot = process.getuid?.() === 0;

// Groups go through Ceph's commands whatever the transport is: one is enough here, and the conformance suite takes both.
describe.runIf(live)("what stock tools see of groups", { timeout: 300_000 }, () => {
  let lab: LabNamespace;
  let driver: Driver;
  beforeAll(async () => {
    lab = await openNamespace("groups", "native", { attach: ["fuse-loop"], unfinishedAfterMs: 1_000 });
    driver = requireFacets(lab.driver, "groups", "snapshots", "reconciliation", "imports");
  }, 60_000);
  afterAll(async () => {
    await lab.remove();
  }, 120_000);

  const create = (what: string, more: object = {}): Promise<Volume> => driver.createVolume({ name: uniqueName(what), capacity, ...more });
  const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await lab.rbd(...args, "--format", "json")) || "[]");
  const groupsSeen = async (): Promise<readonly string[]> => {
    const found = await json("group", "ls");
    return Array.isArray(found) ? found.map(String) : [];
  };

  const sumOf = async (image: string): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "sb-groups-"));
    try {
      await lab.rbd("export", "--image", image, "--no-progress", "--path", join(folder, "bytes"));
      return createHash("sha256").update(await readFile(join(folder, "bytes"))).digest("hex");
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  it.runIf(isRoot)("a group is an RBD group, its snapshot one of RBD's, also of an attached volume, and nothing is left of either", async () => {
    const [one, two] = [await create("one"), await create("two")];
    const attachment = await driver.attachVolume({ volumeId: one.id });
    try {
      const group = await driver.groups.createGroup({ name: uniqueName("g x/ö"), volumeIds: [one.id, two.id] });
      const [seen = ""] = await groupsSeen();
      expect(await json("group", "image", "ls", "--group", seen)).toEqual([one, two].map(({ name }) => expect.objectContaining({ image: imageNameOf(name), state: 0 }) as unknown));
      const cut = await driver.groups.createGroupSnapshot({ name: uniqueName("cut"), groupId: group.id });
      expect(await json("group", "snap", "ls", "--group", seen)).toEqual([expect.objectContaining({ state: "ok" })]);
      const parts = await json("snap", "ls", "--all", "--image", imageNameOf(one.name));
      expect(parts).toEqual([expect.objectContaining({ namespace: expect.objectContaining({ type: "group", group: seen }) as unknown })]);

      const [part] = cut.snapshots;
      expect(part && (await driver.snapshots.getSnapshot({ id: part.id }))).toEqual(part);
      if (part === undefined) return;
      await expect(driver.snapshots.deleteSnapshot({ id: part.id })).rejects.toMatchObject({ reason: "snapshot-in-use" });
      await expect(driver.deleteVolume({ id: two.id })).rejects.toMatchObject({ reason: "volume-has-snapshots" });
      await expect(driver.groups.updateGroup({ id: group.id, remove: [two.id] })).rejects.toMatchObject({ reason: "group-has-snapshots" });
      await driver.groups.deleteGroupSnapshot({ id: cut.id });
      await driver.groups.deleteGroup({ id: group.id });
      expect(await groupsSeen()).toEqual([]);
      expect(await json("snap", "ls", "--all", "--image", imageNameOf(one.name))).toEqual([]);
    } finally {
      await driver.detachVolume(attachment);
    }
    for (const { id } of [one, two]) await driver.deleteVolume({ id });
  });

  it("a volume made from a part of a group's snapshot holds its bytes, depends on nothing, and is made once", async () => {
    const source = await create("source");
    const image = imageNameOf(source.name);
    await lab.rbd("bench", "--io-type", "write", "--io-size", "65536", "--io-total", "1M", "--io-pattern", "rand", "--image", image);
    const older = await driver.snapshots.createSnapshot({ name: uniqueName("older"), sourceVolumeId: source.id });
    const group = await driver.groups.createGroup({ name: uniqueName("group"), volumeIds: [source.id] });
    const cut = await driver.groups.createGroupSnapshot({ name: uniqueName("cut"), groupId: group.id });
    const before = await sumOf(image);
    const [part] = cut.snapshots;
    if (part === undefined) throw new Error("the group's snapshot has no part");
    const request = { name: uniqueName("copy"), capacity: { requiredBytes: 4 * MiB }, source: { kind: "snapshot", snapshotId: part.id } } as const;
    const copies = await Promise.all([driver.createVolume(request), driver.createVolume(request)]);
    expect(new Set(copies.map(({ id }) => id)).size).toBe(1);
    const info = await json("info", "--image", imageNameOf(request.name));
    expect(info).toMatchObject({ features: expect.not.arrayContaining(["migrating"]) as unknown });
    expect(info).toMatchObject({ snapshot_count: 0 });
    expect(info).not.toHaveProperty("parent");
    expect(await sumOf(imageNameOf(request.name))).toBe(before);
    expect(await json("ls")).toEqual(expect.not.arrayContaining([expect.stringMatching(/^opensds-copy/)]));

    await driver.groups.deleteGroupSnapshot({ id: cut.id });
    await driver.snapshots.deleteSnapshot({ id: older.id });
    // A member that is deleted leaves its group, which would keep the trash from being purged.
    await driver.deleteVolume({ id: source.id });
    expect((await driver.groups.getGroup({ id: group.id })).volumeIds).toEqual([]);
    await expect(driver.groups.createGroupSnapshot({ name: uniqueName("cut"), groupId: group.id })).rejects.toMatchObject({ reason: "group-empty" });
    await driver.groups.deleteGroup({ id: group.id });
    for (const { id } of copies.slice(0, 1)) await driver.deleteVolume({ id });
  });

  it("a volume of another tool's group is not taken, nor one without the lock that makes a cut one moment", async () => {
    const [taken, plain] = [await create("taken"), await create("plain")];
    await lab.rbd("group", "create", "--group", "theirs");
    await stock("rbd", "group", "image", "add", `dock/${lab.name}/theirs`, `dock/${lab.name}/${imageNameOf(taken.name)}`);
    await expect(driver.groups.createGroup({ name: uniqueName("group"), volumeIds: [taken.id] })).rejects.toMatchObject({ reason: "volume-in-group", details: { rbdGroup: "theirs" } });
    const listed: string[] = [];
    for await (const { volumeIds } of driver.groups.listGroups()) listed.push(...volumeIds);
    expect(listed).not.toContain(taken.id);

    await lab.rbd("feature", "disable", "--image", imageNameOf(plain.name), "fast-diff", "object-map", "exclusive-lock");
    const group = await driver.groups.createGroup({ name: uniqueName("group"), volumeIds: [plain.id] });
    const refused = driver.groups.createGroupSnapshot({ name: uniqueName("cut"), groupId: group.id });
    await expect(refused).rejects.toMatchObject({ reason: "command-refused", message: expect.stringContaining("exclusive-lock") as unknown });
    for await (const { id } of driver.groups.listGroups()) await driver.groups.deleteGroup({ id });
    await lab.rbd("group", "rm", "--group", "theirs");
    for (const { id } of [taken, plain]) await driver.deleteVolume({ id });
  });

  it("reconcile mends what cut-off calls have left: a group that is none, and a snapshot whose name is free", async () => {
    const volume = await create("left");
    const group = await driver.groups.createGroup({ name: uniqueName("group"), volumeIds: [volume.id] });
    const [whole = ""] = await groupsSeen();
    const orphan = "opensds-group.00aaaaaaaaaaaaaa";
    await lab.rbd("group", "create", "--group", orphan);
    await lab.rbd("group", "snap", "create", "--group", whole, "--snap", "opensds-cut.00bbbbbbbbbbbbbb");
    const found = await driver.reconciliation.reconcile();
    expect(found.map(({ kind }) => kind).sort()).toEqual(["unfinished-group", "unfinished-group-snapshot"]);
    await driver.reconciliation.reconcile({ repair: true });
    expect(await driver.reconciliation.reconcile()).toEqual([]);
    expect(await groupsSeen()).toEqual(expect.arrayContaining([whole]));
    expect(await groupsSeen()).not.toContain(orphan);
    await driver.groups.deleteGroup({ id: group.id });
    await driver.deleteVolume({ id: volume.id });
  });
});
