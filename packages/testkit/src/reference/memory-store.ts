import { randomUUID } from "node:crypto";
import type { Bin, BinnedVolume } from "./bin.js";
import { nameKey } from "./identity.js";
import type { RecordKind } from "./record-kind.js";
import type { Identified, RecordStore, Stored } from "./store.js";
import { plainStores, type Stores } from "./stores.js";
import { volumeKind } from "./volume-record.js";

/** A store in this process's memory, for tests that need no disk. It keeps encoded records: nobody can change one in place. */
export function createMemoryStore<Record extends Identified>(kind: RecordKind<Record>): RecordStore<Record> {
  const entries = new Map<string, { readonly version: string; readonly text: string }>();

  const isCurrent = ({ key, version }: Stored<Record>): boolean => entries.get(key)?.version === version;
  const write = (key: string, record: Record): void => {
    entries.set(key, { version: randomUUID(), text: kind.encode(record) });
  };

  return {
    keys: () => Promise.resolve([...entries.keys()].sort()),
    read: (key) => {
      const entry = entries.get(key);
      return Promise.resolve(entry && { key, version: entry.version, record: kind.decode(entry.text) });
    },
    create: async (key, record, call) => {
      await call.step("publish");
      if (entries.has(key)) return false;
      write(key, record);
      return true;
    },
    replace: async (current, next, call) => {
      await call.step("replace");
      if (!isCurrent(current)) return false;
      write(current.key, next);
      return true;
    },
    remove: async (current, call) => {
      await call.step("remove");
      if (!isCurrent(current)) return false;
      return entries.delete(current.key);
    },
    finish: () => Promise.resolve(),
    keysOf: (id) => Promise.resolve([...entries].filter(([, { text }]) => kind.decode(text).id === id).map(([key]) => key)),
    pathOf: () => undefined,
  };
}

/** Volumes, and a bin that deleted ones may go to. */
function createMemoryVolumes(): Pick<Stores, "volumes" | "bin"> {
  const volumes = createMemoryStore(volumeKind);
  const binned = new Map<string, BinnedVolume>();
  const bin: Bin = {
    ids: () => Promise.resolve([...binned.keys()].sort()),
    read: (id) => Promise.resolve(binned.get(id)),
    restore: async (id, name, call) => {
      const found = binned.get(id);
      if (found === undefined) return "gone";
      if (!(await volumes.create(nameKey(name), { ...found.record, name }, call))) return "taken";
      binned.delete(id);
      return "restored";
    },
    purge: async (id, call) => {
      await call.step("purge");
      binned.delete(id);
    },
  };
  const remove: Stores["volumes"]["remove"] = async (current, call, ending) => {
    const removed = await volumes.remove(current, call);
    if (removed && ending === "binned") binned.set(current.record.id, { record: current.record, deletedAt: new Date().toISOString() });
    return removed;
  };
  return { volumes: { ...volumes, remove }, bin };
}

/** Stores by name: the same name gives the same stores again, so that volumes survive `unset` and `setup`. */
export function createMemoryStores(): (name: string) => Stores {
  const known = new Map<string, Stores>();
  return (name) => {
    const stores = known.get(name) ?? { ...createMemoryVolumes(), ...plainStores(createMemoryStore) };
    known.set(name, stores);
    return stores;
  };
}
