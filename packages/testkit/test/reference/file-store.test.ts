import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFileStores } from "../../src/reference/file-stores.js";
import { nameKey, newVolumeId } from "../../src/reference/identity.js";
import { createMemoryStore } from "../../src/reference/memory-store.js";
import { writeSparseFile } from "../../src/reference/file-system.js";
import type { RecordStore, Stored } from "../../src/reference/store.js";
import { volumeKind, type VolumeRecord } from "../../src/reference/volume-record.js";
import { context, leaks, temporaryDirectory } from "./support.js";

type VolumeStore = RecordStore<VolumeRecord>;
type StoredVolume = Stored<VolumeRecord>;

async function openFileStore(dir: string) {
  const { stores, sweep } = await openFileStores(dir);
  return { store: stores.volumes, sweep: (context: typeof call) => sweep(context, true) };
}

const zeros = (home: string) => writeSparseFile(join(home, "data"), 4096);

const call = context("setup");
const key = nameKey("counter");

const record = (): VolumeRecord => ({
  layout: 2,
  id: newVolumeId(key),
  name: "counter",
  sizeBytes: 4096,
  createdSizeBytes: 4096,
  parameters: { count: "0" },
  source: null,
  data: "data",
  importedFrom: null,
  groupId: null,
  createdAt: new Date(0).toISOString(),
  attachments: [],
  format: null,
});

const withCount = (value: VolumeRecord, count: number): VolumeRecord => ({ ...value, parameters: { count: String(count) } });
const countOf = (value: VolumeRecord): number => Number(value.parameters["count"]);

async function mustRead(store: VolumeStore): Promise<StoredVolume> {
  const stored = await store.read(key, call);
  if (stored === undefined) throw new Error("nothing there");
  return stored;
}

describe.each([
  { kind: "file", open: async (dir: string) => (await openFileStore(dir)).store },
  { kind: "memory", open: () => Promise.resolve(createMemoryStore(volumeKind)) },
])("the $kind store's conditional writes", ({ open }) => {
  it("creates once per key", async () => {
    const store = await open(await temporaryDirectory());
    const made = await Promise.all(Array.from({ length: 10 }, () => store.create(key, record(), call, zeros)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await store.keys()).toEqual([key]);
  });

  it("replaces and removes only the version that was read", async () => {
    const store = await open(await temporaryDirectory());
    await store.create(key, record(), call, zeros);
    const first = await mustRead(store);
    expect(await store.replace(first, withCount(first.record, 1), call)).toBe(true);
    expect(await store.replace(first, withCount(first.record, 2), call)).toBe(false);
    expect(await store.remove(first, call)).toBe(false);
    const second = await mustRead(store);
    expect(countOf(second.record)).toBe(1);
    for (let count = 2; count < 8; count += 1) {
      const current = await mustRead(store);
      await store.replace(current, withCount(current.record, count), call);
    }
    expect(await store.replace(second, withCount(second.record, 99), call)).toBe(false);
    const last = await mustRead(store);
    expect(countOf(last.record)).toBe(7);
    expect(await store.remove(last, call)).toBe(true);
    expect(await store.remove(last, call)).toBe(false);
    expect(await store.replace(last, last.record, call)).toBe(false);
    expect(await store.read(key, call)).toBeUndefined();
  });

  it("purges no volume that is alive", async () => {
    const store = await open(await temporaryDirectory());
    await store.create(key, record(), call, zeros);
    const { record: alive } = await mustRead(store);
    await store.finish(key, alive.id, call);
    expect((await mustRead(store)).record).toEqual(alive);
  });

  it("takes a key again after its volume was removed, purged or not", async () => {
    const store = await open(await temporaryDirectory());
    for (const purge of [true, false]) {
      const made = record();
      expect(await store.create(key, made, call, zeros)).toBe(true);
      expect(await store.remove(await mustRead(store), call)).toBe(true);
      if (purge) await store.finish(key, made.id, call);
    }
    expect(await store.create(key, record(), call, zeros)).toBe(true);
  });
});

describe("several file stores on one directory", () => {
  it("count to the number of their increments", async () => {
    const dir = await temporaryDirectory();
    const opened = await Promise.all([1, 2, 3].map(() => openFileStore(dir)));
    await opened[0]?.store.create(key, record(), call, zeros);
    const increment = async (store: VolumeStore): Promise<void> => {
      for (;;) {
        const current = await mustRead(store);
        if (await store.replace(current, withCount(current.record, countOf(current.record) + 1), call)) return;
      }
    };
    const done = new AbortController();
    const sweeping = (async () => {
      const sweeper = await openFileStore(dir);
      while (!done.signal.aborted) await sweeper.sweep(call);
    })();
    await Promise.all(
      opened.map(async ({ store }) => {
        for (let times = 0; times < 15; times += 1) await increment(store);
      }),
    );
    done.abort();
    await sweeping;
    expect(countOf((await mustRead((await openFileStore(dir)).store)).record)).toBe(45);
    expect(await leaks(dir)).toEqual([]);
  });

  it("make and remove one name under sweeps, and every reader sees a whole volume or none", async () => {
    const dir = await temporaryDirectory();
    const done = new AbortController();
    const made: string[] = [];
    const churn = Array.from({ length: 3 }, async () => {
      const { store } = await openFileStore(dir);
      for (let times = 0; times < 12; times += 1) {
        const mine = record();
        if (await store.create(key, mine, call, zeros)) made.push(mine.id);
        const current = await store.read(key, call);
        if (current !== undefined && (await store.remove(current, call))) await store.finish(key, current.record.id, call);
      }
    });
    const watching = (async () => {
      const { store, sweep } = await openFileStore(dir);
      while (!done.signal.aborted) {
        await sweep(call);
        const seen = await store.read(key, call);
        if (seen !== undefined) expect(seen.record.name).toBe("counter");
      }
    })();
    await Promise.all(churn);
    done.abort();
    await watching;
    const { store, sweep } = await openFileStore(dir);
    await sweep(call);
    expect(made.length).toBeGreaterThan(0);
    expect(await leaks(dir)).toEqual([]);
    expect((await store.keys()).length).toBeLessThanOrEqual(1);
  });

  it("leaves alone what living processes stage, and takes the rest away", async () => {
    const dir = await temporaryDirectory();
    const { sweep } = await openFileStore(dir);
    const own = `${process.pid}-own`;
    for (const name of [own, "0-zero", "999999999-dead", "stray"]) await mkdir(join(dir, "staging", name));
    await sweep(call);
    expect(await readdir(join(dir, "staging"))).toEqual([own]);
    expect(await readdir(join(dir, "trash"))).toEqual([]);
  });

  it("read records of the first layout, and write them in the second", async () => {
    const dir = await temporaryDirectory();
    const { store } = await openFileStore(dir);
    const { source: _source, data: _data, groupId: _groupId, importedFrom: _importedFrom, ...old } = record();
    await store.create(key, { ...record(), id: old.id }, call, zeros);
    const home = join(dir, "volumes", key, old.id);
    const content = (await readdir(home)).find((name) => name.endsWith(".json")) ?? "";
    await writeFile(join(home, content), JSON.stringify({ ...old, layout: 1 }));
    const stored = await mustRead(store);
    expect(stored.record).toEqual({ ...record(), id: old.id });
    expect(await store.replace(stored, withCount(stored.record, 7), call)).toBe(true);
    expect((await mustRead(store)).record).toMatchObject({ layout: 2, data: "data", parameters: { count: "7" } });
  });

  it.each(["", "{", "{}", JSON.stringify({ ...record(), layout: 3 })])("say that a record is damaged or newer: %j", async (text) => {
    const dir = await temporaryDirectory();
    const { store } = await openFileStore(dir);
    const made = record();
    await store.create(key, made, call, zeros);
    const home = join(dir, "volumes", key, made.id);
    const content = (await readdir(home)).find((name) => name.endsWith(".json")) ?? "";
    await writeFile(join(home, content), text);
    await expect(store.read(key, call)).rejects.toThrow("damaged, or a newer");
  });
});
