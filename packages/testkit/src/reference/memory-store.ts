import { randomUUID } from "node:crypto";
import { requireKey } from "./identity.js";
import type { StoredVolume, VolumeStore } from "./store.js";
import { decodeRecord, encodeRecord, type VolumeRecord } from "./volume-record.js";

/** A store in this process's memory, for tests that need no disk. It keeps encoded records: nobody can change one in place. */
export function createMemoryStore(): VolumeStore {
  const entries = new Map<string, { readonly version: string; readonly text: string }>();

  const isCurrent = (key: string, stored: StoredVolume): boolean => entries.get(key)?.version === stored.version;
  const write = (key: string, record: VolumeRecord): void => {
    entries.set(key, { version: randomUUID(), text: encodeRecord(record) });
  };

  return {
    keys: () => Promise.resolve([...entries.keys()].sort()),
    read: (key) => {
      const entry = entries.get(key);
      return Promise.resolve(entry && { version: entry.version, record: decodeRecord(entry.text) });
    },
    create: async (record, call) => {
      await call.step("publish");
      const key = requireKey(record.id);
      if (entries.has(key)) return false;
      write(key, record);
      return true;
    },
    replace: async (current, next, call) => {
      await call.step("replace");
      const key = requireKey(current.record.id);
      if (!isCurrent(key, current)) return false;
      write(key, next);
      return true;
    },
    remove: async (current, call) => {
      await call.step("remove");
      const key = requireKey(current.record.id);
      if (!isCurrent(key, current)) return false;
      return entries.delete(key);
    },
    purge: () => Promise.resolve(),
    dataPath: () => undefined,
  };
}

/** Stores by name: the same name gives the same store again, so that volumes survive `unset` and `setup`. */
export function createMemoryStores(): (name: string) => VolumeStore {
  const stores = new Map<string, VolumeStore>();
  return (name) => {
    const store = stores.get(name) ?? createMemoryStore();
    stores.set(name, store);
    return store;
  };
}
