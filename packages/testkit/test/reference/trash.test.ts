import { MiB, volumeId, type Volume, type VolumeId } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { atEachStep, countAsDead, expectClean, mustHave } from "./crash.js";
import { allPages, binLeaks, context, failure, openDirectory, stores, temporaryDirectory, type Client } from "./support.js";

countAsDead();

function facet(client: Client) {
  if (client.backend.trash === undefined) throw new Error("the facet is not there");
  return client.backend.trash;
}
const list = (client: Client, pageSize = 100) => allPages((token) => facet(client).listTrashPage({ pageSize, token }, context("listTrash")));
const undelete = (client: Client, id: VolumeId, name?: string) =>
  facet(client).undeleteVolume({ id, name }, context("undeleteVolume", client.onStep));
const purge = (client: Client, id: VolumeId) => facet(client).purgeVolume({ id }, context("purgeVolume", client.onStep));

describe.each(stores)("the trash in $store", ({ open }) => {
  it("is there when it is configured", async () => {
    const client = await open();
    expect(client.backend.trash).toBeUndefined();
  });

  it("keeps deleted volumes, and gives them back under their name", async () => {
    const client = await open({ trash: true });
    const volume = await client.create("v");
    await client.remove(volume.id);
    await client.remove(volume.id);
    expect(await failure(client.get("v"))).toMatchObject({ code: "NOT_FOUND" });
    expect(await failure(client.getById(volume.id))).toMatchObject({ code: "NOT_FOUND" });
    const [trashed] = await list(client);
    expect(trashed).toMatchObject({ id: volume.id, name: "v", sizeBytes: MiB });
    expect(Date.now() - Date.parse(trashed?.deletedAt ?? "")).toBeLessThan(10_000);
    expect(await undelete(client, volume.id)).toEqual(volume);
    expect(await undelete(client, volume.id)).toEqual(volume);
    expect(await client.get("v")).toEqual(volume);
    expect(await list(client)).toEqual([]);
  });

  it("gives a volume back under another name where its own is taken, and finds it by its id from then on", async () => {
    const client = await open({ trash: true });
    const first = await client.create("v");
    await client.remove(first.id);
    const second = await client.create("v");
    expect(await failure(undelete(client, first.id))).toMatchObject({ code: "ALREADY_EXISTS", reason: "volume-exists", outcome: "none" });
    const back = await undelete(client, first.id, "other");
    expect(back).toEqual({ ...first, name: "other" });
    expect(await client.get("other")).toEqual(back);
    expect(await client.getById(first.id)).toEqual(back);
    expect(await client.getById(second.id)).toEqual(second);
    await client.remove(second.id);
    expect(await client.getById(first.id)).toEqual(back);
    await client.remove(first.id);
    expect((await list(client, 1)).map(({ name }) => name).sort()).toEqual(["other", "v"]);
  });

  it("loses what is purged, and counts until then", async () => {
    const client = await open({ trash: true, capacityBytes: MiB });
    const { id } = await client.create("v");
    await client.remove(id);
    expect(await failure(client.create("w"))).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    expect((await client.backend.pools.listPools(context("listPools")))[0]).toMatchObject({ trash: { bytes: MiB }, free: { bytes: 0 } });
    await purge(client, id);
    await purge(client, id);
    await purge(client, volumeId("x"));
    expect(await list(client)).toEqual([]);
    expect(await failure(undelete(client, id))).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
    const next = await client.create("w");
    await purge(client, next.id);
    expect(await client.get("w")).toEqual(next);
  });
});

describe("the trash in files", () => {
  const options = { trash: true };
  const makeV = async (client: Client): Promise<Volume> => {
    const volume = await client.create("v");
    await client.write(volume.id, "content");
    return volume;
  };
  const deleted = async (client: Client): Promise<Volume> => {
    const volume = await makeV(client);
    await client.remove(volume.id);
    return volume;
  };

  it("gets a volume whose delete was killed as a whole, or not", async () => {
    const call = (client: Client, volume: Volume | undefined) => client.remove(mustHave(volume).id);
    const steps = await atEachStep(
      makeV,
      call,
      async ({ dir, volume }) => {
        const client = await expectClean(dir, true);
        const listed = await client.list();
        expect((await list(client)).length + listed.length).toBe(1);
        await call(client, volume);
        expect(await undelete(client, mustHave(volume).id)).toMatchObject({ name: "v" });
        expect(await client.text(mustHave(volume).id)).toBe("content");
        await expectClean(dir, true);
      },
      options,
    );
    expect(steps).toEqual(["close", "bin"]);
  });

  it.each(["v", "renamed"])("gives a volume back as %s when that was killed, at its replay or another create of the name", async (name) => {
    const call = (client: Client, volume: Volume | undefined) => undelete(client, mustHave(volume).id, name);
    const steps = await atEachStep(
      deleted,
      call,
      async ({ dir, other, volume, halt, halted }) => {
        const { id } = mustHave(volume);
        const client = await expectClean(dir, true);
        expect(await binLeaks(dir)).toEqual([]);
        expect(await list(client)).toHaveLength(1);
        expect(await call(other, volume)).toMatchObject({ id, name });
        expect(await other.text(id)).toBe("content");
        halt.resume();
        expect(await halted).toMatchObject({ id, name });
        await expectClean(dir, true);
      },
      options,
    );
    expect(steps).toEqual(["take-name", "revive"]);
    await atEachStep(
      deleted,
      call,
      async ({ dir, other, volume, halt, halted }) => {
        const { id } = await other.create(name);
        halt.resume();
        expect(await failure(halted)).toMatchObject({ reason: "volume-exists" });
        const client = await expectClean(dir, true);
        expect(await client.get(name)).toMatchObject({ id });
        expect(await undelete(client, mustHave(volume).id, "third")).toMatchObject({ name: "third" });
        expect(await client.text(mustHave(volume).id)).toBe("content");
      },
      options,
    );
  });

  it("is rid of a volume whose purge was killed, or keeps it whole", async () => {
    const call = (client: Client, volume: Volume | undefined) => purge(client, mustHave(volume).id);
    await atEachStep(
      deleted,
      call,
      async ({ dir, volume, halt, halted }) => {
        const client = await expectClean(dir, true);
        expect(await binLeaks(dir)).toEqual([]);
        const { id } = mustHave(volume);
        const back = await undelete(client, id).catch(() => undefined);
        if (back !== undefined) expect(await client.text(id)).toBe("content");
        halt.resume();
        await halted;
        if (back !== undefined) expect(await client.text(id)).toBe("content");
        await expectClean(dir, true);
      },
      options,
    );
  });

  it("gives a volume back once, to one of several names at once", async () => {
    const dir = await temporaryDirectory();
    const clients = await Promise.all([1, 2, 3].map(() => openDirectory(dir, options)));
    for (let round = 0; round < 10; round += 1) {
      const client = await expectClean(dir, true);
      const { id } = await deleted(client);
      const results = await Promise.allSettled(clients.map((each, at) => undelete(each, id, `back-${at}`)));
      expect(results.filter(({ status }) => status === "fulfilled").length).toBeGreaterThanOrEqual(1);
      const [volume, ...others] = await client.list();
      expect(others).toEqual([]);
      expect(await client.getById(id)).toEqual(volume);
      expect(await client.text(id)).toBe("content");
      await client.remove(id);
      await purge(client, id);
    }
  });
});
