import { open, readFile, stat, truncate } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { MiB, snapshotId, volumeId } from "@opensds/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { context, failure, leaks, openDirectory, stores, temporaryDirectory, type Client } from "./support.js";

const removeSnapshot = (client: Client, id: string) =>
  client.backend.snapshots.deleteSnapshot({ id: snapshotId(id) }, context("deleteSnapshot", client.onStep));
const getSnapshot = (client: Client, name: string) => client.backend.snapshots.getSnapshot({ name }, context("getSnapshot"));

describe.each(stores)("snapshots in $store", ({ open: openStore }) => {
  it("are made once per name, and found by id, by name and in lists", async () => {
    const client = await openStore();
    const volume = await client.create("v", { sizeBytes: 2 * MiB });
    const other = await client.create("w");
    const snapshot = await client.snapshot("s", volume.id);
    expect(snapshot).toMatchObject({ name: "s", sourceVolumeId: volume.id, sizeBytes: 2 * MiB, readyToUse: true });
    expect(Buffer.byteLength(snapshot.id)).toBeLessThanOrEqual(128);
    expect(await client.snapshot("s", volume.id)).toEqual(snapshot);
    expect(await getSnapshot(client, "s")).toEqual(snapshot);
    expect(await client.backend.snapshots.getSnapshot({ id: snapshot.id }, context("getSnapshot"))).toEqual(snapshot);
    expect(await failure(client.snapshot("s", other.id))).toMatchObject({ code: "ALREADY_EXISTS", reason: "snapshot-exists", outcome: "none" });
    const second = await client.snapshot("t", other.id);
    expect(await client.listSnapshots(volume.id)).toEqual([snapshot]);
    const all = await client.listSnapshots(undefined, 1);
    expect(all.map(({ id }) => id).sort()).toEqual([snapshot.id, second.id].sort());
  });

  it("may have the name of a volume, and outlive their volume", async () => {
    const client = await openStore();
    const { id } = await client.create("same");
    const snapshot = await client.snapshot("same", id);
    await client.remove(id);
    expect(await client.snapshot("same", id)).toEqual(snapshot);
    expect(await getSnapshot(client, "same")).toEqual(snapshot);
    expect(await failure(client.snapshot("next", id))).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
  });

  it("go when they are deleted, again is harmless, and the name is free", async () => {
    const client = await openStore();
    const { id } = await client.create("v");
    const snapshot = await client.snapshot("s", id);
    await removeSnapshot(client, snapshot.id);
    await removeSnapshot(client, snapshot.id);
    await removeSnapshot(client, "never-was");
    expect(await failure(getSnapshot(client, "s"))).toMatchObject({ code: "NOT_FOUND", reason: "snapshot-not-found" });
    expect((await client.snapshot("s", id)).id).not.toBe(snapshot.id);
  });

  it("become volumes: of the same size or larger, not smaller", async () => {
    const client = await openStore();
    const { id } = await client.create("v", { sizeBytes: 2 * MiB });
    const snapshot = await client.snapshot("s", id);
    for (const source of [{ kind: "snapshot", snapshotId: snapshot.id }, { kind: "volume", volumeId: id }] as const) {
      const { kind } = source;
      expect(await client.create(`${kind}-same`, { sizeBytes: 2 * MiB, source })).toMatchObject({ sizeBytes: 2 * MiB, source });
      expect(await client.create(`${kind}-larger`, { sizeBytes: 4 * MiB, source })).toMatchObject({ sizeBytes: 4 * MiB, source });
      const error = await failure(client.create(`${kind}-smaller`, { source }));
      expect(error).toMatchObject({ code: "OUT_OF_RANGE", reason: "size-below-source", outcome: "none", details: { sourceSizeBytes: 2 * MiB } });
    }
    expect(await client.list()).toHaveLength(5);
  });

  it("are part of the request that a replay is compared with, also when they are gone", async () => {
    const client = await openStore();
    const { id } = await client.create("v");
    const snapshot = await client.snapshot("s", id);
    const source = { kind: "snapshot", snapshotId: snapshot.id } as const;
    const clone = await client.create("clone", { source });
    await removeSnapshot(client, snapshot.id);
    expect(await client.create("clone", { source })).toEqual(clone);
    expect(await failure(client.create("clone"))).toMatchObject({ reason: "volume-exists" });
    expect(await failure(client.create("v", { source }))).toMatchObject({ reason: "volume-exists" });
    expect(await failure(client.create("late", { source }))).toMatchObject({ code: "NOT_FOUND", reason: "snapshot-not-found" });
    const missing = { kind: "volume", volumeId: volumeId("missing") } as const;
    expect(await failure(client.create("late", { source: missing }))).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
  });

  it("count against capacityBytes", async () => {
    const client = await openStore({ capacityBytes: 2 * MiB });
    const { id } = await client.create("v");
    const snapshot = await client.snapshot("s", id);
    expect(await failure(client.snapshot("t", id))).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "backend-full" });
    const [pool] = await client.backend.pools.listPools(context("listPools"));
    expect(pool).toMatchObject({
      total: { kind: "bytes", bytes: 2 * MiB },
      free: { kind: "bytes", bytes: 0 },
      provisioned: { kind: "bytes", bytes: MiB },
    });
    await removeSnapshot(client, snapshot.id);
    await client.create("w");
  });

  it("are only reverted to on their own volume, and never while it is attached", async () => {
    const client = await openStore();
    const [volume, other] = [await client.create("v"), await client.create("w")];
    const snapshot = await client.snapshot("s", volume.id);
    expect(await failure(client.revert(other.id, snapshot.id))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "snapshot-of-other-volume" });
    expect(await failure(client.revert(volume.id, snapshotId("x")))).toMatchObject({ code: "NOT_FOUND", reason: "snapshot-not-found" });
    expect(await client.revert(volume.id, snapshot.id)).toEqual(volume);
    await client.remove(volume.id);
    expect(await failure(client.revert(volume.id, snapshot.id))).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
  });
});

describe("what snapshots hold", () => {
  it("stays as it was, in clones and after reverting", async () => {
    const dir = await temporaryDirectory();
    const client = await openDirectory(dir);
    const { id } = await client.create("v", { sizeBytes: 3 * MiB });
    await client.write(id, "first", 2 * MiB);
    const snapshot = await client.snapshot("s", id);
    await client.write(id, "second", 2 * MiB);
    const source = { kind: "snapshot", snapshotId: snapshot.id } as const;
    const clone = await client.create("clone", { sizeBytes: 8 * MiB, source });
    expect(await client.text(clone.id)).toBe("first");
    expect((await readFile(await client.fileOf(clone.id))).subarray(2 * MiB, 2 * MiB + 5).toString()).toBe("first");
    expect((await stat(await client.fileOf(clone.id))).size).toBe(8 * MiB);
    const copy = await client.create("copy", { sizeBytes: 3 * MiB, source: { kind: "volume", volumeId: id } });
    expect(await client.text(copy.id)).toBe("second");

    await client.connect(id, "host");
    expect(await failure(client.revert(id, snapshot.id))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-use", outcome: "none", details: { hosts: ["host"] } });
    const [connection] = await client.backend.listConnections({ volumeId: id }, context("listAttachments"));
    if (connection === undefined) throw new Error("not connected");
    await client.backend.disconnectVolume({ volumeId: id, attachmentId: connection.attachment.id }, context("disconnectVolume"));
    await client.revert(id, snapshot.id);
    expect(await client.text(id)).toBe("first");
    await client.write(id, "third");
    expect(await client.text(clone.id)).toBe("first");
    expect(await leaks(dir)).toEqual([]);
  });

  it.runIf(process.platform === "linux")("is copied without its holes", async () => {
    const dir = await temporaryDirectory();
    const client = await openDirectory(dir);
    const { id } = await client.create("v", { sizeBytes: 2048 * MiB });
    await client.write(id, "end", 2048 * MiB - 3);
    const source = { kind: "snapshot", snapshotId: (await client.snapshot("s", id)).id } as const;
    const clone = await stat(await client.fileOf((await client.create("c", { sizeBytes: 2048 * MiB, source })).id));
    expect(clone.size).toBe(2048 * MiB);
    expect(clone.blocks).toBeLessThan(200);
  });

  /** Writes counted blocks, one after another, until told to stop: a copy that has one of them must have all before it. */
  async function startWriter(path: string, pauseMs: number): Promise<() => Promise<void>> {
    const file = await open(path, "r+");
    const ended = new AbortController();
    const writing = (async () => {
      for (let count = 1; !ended.signal.aborted; count += 1) {
        // Up and down the file, so that a copy in one direction meets both orders.
        const at = count % 2 === 0 ? count % 64 : 255 - (count % 64);
        await file.write(Buffer.alloc(8, count), 0, 8, at * 64 * 1024);
        if (pauseMs > 0) await sleep(pauseMs);
      }
    })();
    const stop = async () => {
      ended.abort();
      await writing;
      await file.close();
    };
    onTestFinished(() => stop().catch(() => undefined));
    return stop;
  }

  it("is of one moment while somebody writes now and then", async () => {
    const client = await openDirectory(await temporaryDirectory());
    const { id } = await client.create("v", { sizeBytes: 16 * MiB });
    await client.connect(id, "host", "multi-writer");
    const { info } = await client.connect(id, "host", "multi-writer");
    if (info.protocol !== "file") throw new Error("no file");
    const stop = await startWriter(info.path, 120);
    const snapshot = await client.snapshot("s", id);
    await stop();
    const clone = await client.create("c", { sizeBytes: 16 * MiB, source: { kind: "snapshot", snapshotId: snapshot.id } });
    const bytes = await readFile(await client.fileOf(clone.id));
    const counts = Array.from({ length: 256 }, (_, block) => bytes[block * 64 * 1024] ?? 0).filter((count) => count > 0).sort((a, b) => a - b);
    expect(counts).toEqual(Array.from({ length: counts.length }, (_, index) => index + 1));
  });

  it("cannot be had while somebody writes without a pause, and the error says so", async () => {
    const dir = await temporaryDirectory();
    const client = await openDirectory(dir);
    const { id } = await client.create("v");
    const { info } = await client.connect(id, "host");
    if (info.protocol !== "file") throw new Error("no file");
    const stop = await startWriter(info.path, 1);
    const error = await failure(client.snapshot("s", id));
    await stop();
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-busy", recovery: "retry", outcome: "none" });
    await truncate(info.path, MiB);
    await client.snapshot("s", id);
    expect(await leaks(dir)).toEqual([]);
  });
});
