import { rm, stat, truncate } from "node:fs/promises";
import { MiB, volumeId, type VolumeId } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { atEachStep, countAsDead, expectClean, mustHave } from "./crash.js";
import { context, failure, openDirectory, stores, temporaryDirectory, type Client } from "./support.js";

countAsDead();

const expand = (client: Client, id: VolumeId, sizeBytes: number) =>
  client.backend.expansion.expandVolume({ id, sizeBytes, capacity: { requiredBytes: sizeBytes } }, context("expandVolume", client.onStep));
const health = (client: Client, id: VolumeId) => client.backend.health.getHealth({ id }, context("getHealth"));
const sizeOf = async (client: Client, id: VolumeId) => (await stat(await client.fileOf(id))).size;

describe.each(stores)("expansion in $store", ({ open }) => {
  it("grows, never shrinks, and stays compatible with the create", async () => {
    const client = await open();
    const volume = await client.create("v");
    expect(await expand(client, volume.id, 4 * MiB)).toEqual({ volume: { ...volume, sizeBytes: 4 * MiB }, hostStep: "none" });
    expect((await expand(client, volume.id, 2 * MiB)).volume.sizeBytes).toBe(4 * MiB);
    const shrink = { id: volume.id, sizeBytes: 2 * MiB, capacity: { limitBytes: 2 * MiB } };
    const error = await failure(client.backend.expansion.expandVolume(shrink, context("expandVolume")));
    expect(error).toMatchObject({ code: "OUT_OF_RANGE", reason: "size-out-of-range", outcome: "none" });
    expect(await client.get("v")).toMatchObject({ sizeBytes: 4 * MiB });
    expect(await client.create("v", { capacity: { requiredBytes: MiB, limitBytes: MiB } })).toMatchObject({ id: volume.id });
    expect(await failure(expand(client, volumeId("x"), MiB))).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
  });

  it("keeps to capacityBytes", async () => {
    const client = await open({ capacityBytes: 3 * MiB });
    const { id } = await client.create("v");
    expect(await failure(expand(client, id, 4 * MiB))).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "backend-full", outcome: "none" });
    await expand(client, id, 3 * MiB);
  });
});

describe("expansion of files", () => {
  it("grows an attached volume, says that the host must act, and keeps its bytes", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const { id } = await client.create("v");
    await client.write(id, "kept");
    await client.connect(id, "a", "multi-reader");
    expect(await expand(client, id, 2 * MiB)).toMatchObject({ volume: { state: "in-use", sizeBytes: 2 * MiB }, hostStep: "required" });
    expect(await sizeOf(client, id)).toBe(2 * MiB);
    expect(await client.text(id)).toBe("kept");
  });

  it("ends with the largest of many sizes that are asked for at once", async () => {
    const dir = await temporaryDirectory();
    const { id } = await (await openDirectory(dir)).create("v");
    const sizes = Array.from({ length: 12 }, (_, index) => (index + 2) * MiB);
    await Promise.all(sizes.map(async (sizeBytes) => expand(await openDirectory(dir), id, sizeBytes)));
    const client = await expectClean(dir);
    expect(await client.getById(id)).toMatchObject({ sizeBytes: 13 * MiB });
    expect(await sizeOf(client, id)).toBe(13 * MiB);
  });

  const grow = (client: Client, volume: { id: VolumeId } | undefined) => expand(client, volume?.id ?? volumeId(""), 2 * MiB);

  it("converges when it was killed, replayed or not", async () => {
    const steps = await atEachStep((client) => client.create("v"), grow, async ({ dir, other, volume }) => {
      const { id } = mustHave(volume);
      expect(await other.get("v")).toMatchObject({ sizeBytes: MiB });
      const swept = await expectClean(dir);
      const size = (await swept.getById(id)).sizeBytes;
      expect(await sizeOf(swept, id)).toBe(size);
      expect((await grow(other, volume)).volume).toMatchObject({ sizeBytes: 2 * MiB });
      await expectClean(dir);
    });
    expect(steps).toEqual(["grow-file", "write-version", "move-head"]);
  });

  it("takes nothing away from what grew further while it slept", async () => {
    await atEachStep((client) => client.create("v"), grow, async ({ dir, other, volume, halt, halted }) => {
      const { id } = mustHave(volume);
      await expand(other, id, 8 * MiB);
      await other.write(id, "precious", 7 * MiB);
      halt.resume();
      await halted;
      const client = await expectClean(dir);
      expect(await client.getById(id)).toMatchObject({ sizeBytes: 8 * MiB });
      expect(await client.text(id)).toBe("precious");
    });
  });
});

describe("health", () => {
  it("tells what a volume occupies and who has it", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const { id } = await client.create("v", { sizeBytes: 64 * MiB });
    await client.write(id, "x".repeat(200_000));
    await client.connect(id, "a", "multi-reader");
    await client.connect(id, "b", "multi-reader");
    const { condition, used, openedBy } = await health(client, id);
    expect({ condition, openedBy }).toEqual({ condition: "healthy", openedBy: ["a", "b"] });
    expect(used.kind === "bytes" && used.bytes).toBeGreaterThanOrEqual(200_000);
    expect(used.kind === "bytes" && used.bytes).toBeLessThan(MiB);
    expect(await failure(health(client, volumeId("x")))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("sees a file that somebody cut off or took away", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const { id } = await client.create("v", { sizeBytes: 2 * MiB });
    const path = await client.fileOf(id);
    await truncate(path, MiB);
    expect(await health(client, id)).toMatchObject({ condition: "failed", findings: [expect.stringContaining("1 MiB")] });
    await rm(path);
    expect(await health(client, id)).toMatchObject({ condition: "failed", used: { kind: "unknown" } });
    const source = { kind: "volume", volumeId: id } as const;
    await expect(client.create("w", { sizeBytes: 2 * MiB, source })).rejects.toThrow("gone");
  });
});
