import { stat } from "node:fs/promises";
import { MiB, TiB, volumeId } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { createRequest } from "./call.js";
import { context, failure, openDirectory, stores, temporaryDirectory } from "./support.js";

describe.each(stores)("volumes in $store", ({ store, open }) => {
  it("makes a volume and finds it by id, by name and in the list", async () => {
    const client = await open();
    const volume = await client.create("first", { sizeBytes: 3 * MiB });
    expect(volume).toMatchObject({ name: "first", sizeBytes: 3 * MiB, state: "available", parameters: {} });
    expect(Date.parse(volume.createdAt ?? "")).not.toBeNaN();
    expect(Buffer.byteLength(volume.id)).toBeLessThanOrEqual(128);
    expect(await client.get("first")).toEqual(volume);
    expect(await client.getById(volume.id)).toEqual(volume);
    expect(await client.list()).toEqual([volume]);
  });

  it.each([
    ["the same request", {}],
    ["less than there is", { capacity: { requiredBytes: 1, limitBytes: null } }],
    ["at most what there is", { capacity: { requiredBytes: MiB, limitBytes: MiB } }],
  ])("gives the same volume for a replay with %s", async (_, more) => {
    const client = await open();
    const volume = await client.create("again");
    expect(await client.create("again", more)).toEqual(volume);
    expect(await client.list()).toHaveLength(1);
  });

  it.each([
    ["a larger size", { capacity: { requiredBytes: MiB + 1, limitBytes: null }, sizeBytes: 2 * MiB }, /at least 1.0 MiB \(1048577 bytes\)/],
    ["a smaller limit", { capacity: { requiredBytes: 1, limitBytes: MiB - 1 } }, /at most 1024.0 KiB \(1048575 bytes\)/],
    ["other parameters", { parameters: { tier: "ssd" } }, /other parameters/],
  ])("refuses a create of the same name with %s, and says so", async (_, more, message) => {
    const client = await open();
    const volume = await client.create("taken");
    const error = await failure(client.create("taken", more));
    expect(error).toMatchObject({ code: "ALREADY_EXISTS", reason: "volume-exists", outcome: "none", resource: "taken" });
    expect(error.message).toMatch(message);
    expect(await client.list()).toEqual([volume]);
  });

  it("compares parameters whatever their order", async () => {
    const client = await open();
    const volume = await client.create("p", { parameters: { a: "1", b: "2" } });
    expect(await client.create("p", { parameters: { b: "2", a: "1" } })).toEqual(volume);
  });

  it("gives one volume to many that create it at once, and one size where they differ", async () => {
    const client = await open();
    const same = await Promise.all(Array.from({ length: 20 }, () => client.create("same")));
    expect(new Set(same.map(({ id }) => id)).size).toBe(1);
    const sizes = [1, 2, 3, 4].map((size) => size * MiB);
    const differing = await Promise.allSettled(
      sizes.map((sizeBytes) => client.create("differing", { sizeBytes, capacity: { requiredBytes: sizeBytes, limitBytes: sizeBytes } })),
    );
    expect(differing.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await client.list()).toHaveLength(2);
  });

  it("says NOT_FOUND for names and ids that are not there, whatever they look like", async () => {
    const client = await open();
    const { id } = await client.create("there");
    const similar = id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    for (const unknown of [similar, id.toUpperCase(), "../../etc", "x", `${id}/..`, "", id.slice(0, 40)]) {
      expect(await failure(client.getById(volumeId(unknown)))).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
      expect(await failure(client.connect(volumeId(unknown), "h"))).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
      await client.remove(volumeId(unknown));
    }
    expect(await failure(client.get("not there"))).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found", outcome: "none" });
    expect(await client.list()).toHaveLength(1);
  });

  it("frees the name of a deleted volume, and the new volume is another one", async () => {
    const client = await open();
    const first = await client.create("phoenix");
    await client.remove(first.id);
    await client.remove(first.id);
    expect(await failure(client.get("phoenix"))).toMatchObject({ code: "NOT_FOUND" });
    expect(await client.list()).toEqual([]);
    const second = await client.create("phoenix", { sizeBytes: 2 * MiB });
    expect(second.id).not.toBe(first.id);
    await client.remove(first.id);
    expect(await client.get("phoenix")).toEqual(second);
    expect(await failure(client.getById(first.id))).toMatchObject({ code: "NOT_FOUND" });
  });

  const names = ["--help", "../x", "a b", "x@y", "Ab", "aB", "ab", ".", "..", "CON", "a/b", "a\\b", "💾", "\u00e9", "e\u0301", "%2e", "x".repeat(128)];
  it("takes every name as it is", async () => {
    const client = await open();
    const made = await Promise.all(names.map((name) => client.create(name)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(names.length);
    for (const [index, name] of names.entries()) expect(await client.get(name)).toEqual(made[index]);
    expect((await client.list()).map(({ name }) => name).sort()).toEqual([...names].sort());
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 1000])("lists each of 6 volumes once in pages of %i", async (pageSize) => {
    const client = await open();
    const made = await Promise.all(Array.from({ length: 6 }, (_, index) => client.create(`v${index}`)));
    const ids = (await client.list(pageSize)).map(({ id }) => id);
    expect(ids.sort()).toEqual(made.map(({ id }) => id).sort());
    const { items, nextToken } = await client.backend.listVolumePage({ pageSize }, context("listVolumes"));
    expect(items).toHaveLength(Math.min(6, pageSize));
    expect(nextToken === undefined).toBe(pageSize >= 6);
  });

  it("goes on after a token whose own row is gone", async () => {
    const client = await open();
    for (let index = 0; index < 6; index += 1) await client.create(`v${index}`);
    const all = await client.list();
    const first = await client.backend.listVolumePage({ pageSize: 2 }, context("listVolumes"));
    await client.remove(first.items[1]?.id ?? volumeId(""));
    const rest = await client.backend.listVolumePage({ pageSize: 100, token: first.nextToken }, context("listVolumes"));
    expect(rest.items).toEqual(all.slice(2));
  });

  it.each(["", "x", "cmVmZXJlbmNlLzEv", "AAAA", "💾", Buffer.from("reference/1/../../etc").toString("base64url")])(
    "refuses the token %j",
    async (token) => {
      const client = await open();
      const error = await failure(client.backend.listVolumePage({ pageSize: 1, token }, context("listVolumes")));
      expect(error).toMatchObject({ code: "ABORTED", reason: "bad-token" });
    },
  );

  it("keeps to capacityBytes, and deleting makes room", async () => {
    const client = await open({ capacityBytes: 3 * MiB });
    const first = await client.create("one", { sizeBytes: 2 * MiB });
    const error = await failure(client.create("two", { sizeBytes: 2 * MiB }));
    expect(error).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "backend-full", outcome: "none" });
    expect(error.details).toEqual({ capacityBytes: 3 * MiB, usedBytes: 2 * MiB, requestedBytes: 2 * MiB });
    expect(await client.create("one", { capacity: { requiredBytes: 1, limitBytes: null } })).toEqual(first);
    await client.remove(first.id);
    await client.create("two", { sizeBytes: 2 * MiB });
  });

  it("records formatting by the rules", async () => {
    const client = await open();
    const { backend } = client;
    const { id } = await client.create("f");
    const read = () => backend.readFormat({ volumeId: id }, context("readFormat"));
    const write = (state: "formatting" | "formatted", fsUuid: string) =>
      backend.writeFormat({ volumeId: id, next: { state, fsType: "ext4", fsUuid } }, context("writeFormat"));

    expect(await read()).toBeNull();
    expect(await failure(write("formatted", "a"))).toMatchObject({ code: "FAILED_PRECONDITION", outcome: "none" });
    const both = await Promise.all([write("formatting", "a"), write("formatting", "b")]);
    expect(both[0]).toEqual(both[1]);
    const winner = both[0].fsUuid;
    expect(await write("formatted", winner === "a" ? "b" : "a")).toEqual(both[0]);
    expect(await write("formatting", winner)).toEqual(both[0]);
    const done = { state: "formatted", fsType: "ext4", fsUuid: winner };
    expect(await write("formatted", winner)).toEqual(done);
    expect(await write("formatted", winner)).toEqual(done);
    expect(await write("formatting", "c")).toEqual(done);
    expect(await read()).toEqual(done);
    const missing = volumeId("x");
    expect(await failure(backend.readFormat({ volumeId: missing }, context("readFormat")))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("stops when its signal says so", async () => {
    const client = await open();
    const aborted = context("createVolume", undefined, AbortSignal.abort(new Error("stop")));
    await expect(client.backend.createVolume(createRequest("n"), aborted)).rejects.toThrow("stop");
    expect(await client.list()).toEqual([]);
  });

  it("has a plain manifest", async () => {
    const { backend } = await open();
    expect(structuredClone(backend.manifest)).toEqual(backend.manifest);
    expect(backend.manifest.protocols).toEqual(store === "files" ? ["file"] : []);
  });
});

describe("volumes in files", () => {
  it.runIf(process.platform === "linux")("takes volumes up to its limit, without using space", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const { maxVolumeBytes } = client.backend.manifest.limits;
    const { id } = await client.create("large", { sizeBytes: TiB });
    const [largest] = await Promise.allSettled([client.create("largest", { sizeBytes: maxVolumeBytes })]);
    if (largest.status === "rejected") expect(largest.reason).toMatchObject({ code: "OUT_OF_RANGE", outcome: "none" });
    const { info } = await client.connect(id, "h");
    const file = await stat(info.protocol === "file" ? info.path : "");
    expect(file.size).toBe(TiB);
    expect(file.blocks).toBeLessThan(100);
  });
});
