import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, exists, move, namesIn, removeIfEmpty, removeTree, syncDirectory, writeNewFile } from "./file-system.js";
import { isId, isKey, keyOfId } from "./identity.js";
import { content, directoryGone, endingOf, head, isVersioned, type Finishers, type SharedPlaces, type VolumeWays } from "./file-layout.js";
import { isProcessAlive } from "./process-alive.js";
import type { RecordKind } from "./record-kind.js";
import type { Ending, Fill, Identified, Located, RecordStore, StoreCall, Stored } from "./store.js";

/** A reader starts over when the record changed under it; so often only in a directory that somebody damaged. */
const maxReadAttempts = 1000;

/** Records of one kind, as files: see file-layout.ts for how and why. */
export class FileStore<Record extends Identified> implements RecordStore<Record> {
  readonly place: string;
  readonly #kind: RecordKind<Record>;
  readonly #shared: SharedPlaces;
  readonly #finishers: Finishers;
  readonly #otherKeys: (id: string) => Promise<readonly string[]>;

  constructor(kind: RecordKind<Record>, shared: SharedPlaces, { finishers = {}, otherKeys }: VolumeWays = {}) {
    this.place = join(shared.root, kind.name);
    this.#kind = kind;
    this.#shared = shared;
    this.#finishers = { closed: (home, _version, id) => this.#bury(home, id), ...finishers };
    this.#otherKeys = otherKeys ?? (() => Promise.resolve([]));
  }

  async keys(): Promise<readonly string[]> {
    const names = await namesIn(this.place);
    if (names === undefined) throw directoryGone();
    return names.filter(isKey).sort();
  }

  async read(key: string, call: StoreCall): Promise<Stored<Record> | undefined> {
    for (let attempt = 0; attempt < maxReadAttempts; attempt += 1) {
      call.signal.throwIfAborted();
      const [id] = await this.idsUnder(key);
      if (id === undefined) return undefined;
      const home = this.home(key, id);
      const names = (await namesIn(home)) ?? [];
      const version = names.find((name) => name.startsWith(head))?.slice(head.length);
      if (version !== undefined) {
        const record = await this.readVersion(home, version);
        if (record !== undefined) return { key, version, record };
      } else if (endingOf(names) !== undefined) return undefined;
    }
    throw new Error(`the stored record under ${this.#kind.name}/${key} has no current version: somebody changed the driver's files`);
  }

  /** A version's content; undefined when a newer version has taken its place. */
  async readVersion(home: string, version: string): Promise<Record | undefined> {
    try {
      return this.#kind.decode(await readFile(join(home, version + content), "utf8"));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async create(key: string, record: Record, call: StoreCall, fill?: Fill): Promise<boolean> {
    await this.#clearDead();
    for (;;) {
      await call.step("stage");
      const stage = join(this.#shared.staging, `${process.pid}-${randomUUID()}`);
      try {
        await this.stage(stage, record, fill);
        await call.step("publish");
        const published = await this.publish(stage, key, call);
        if (published !== "source-gone") return published === "published";
      } catch (error) {
        const swept = errnoOf(error) === "ENOENT" && (await exists(this.#shared.staging)) && !(await exists(stage));
        if (!swept) throw error;
      } finally {
        await removeTree(stage);
      }
    }
  }

  /** Takes away what killed processes were making: after the replay of their creates nothing of them is left over. */
  async #clearDead(): Promise<void> {
    const { staging, trash } = this.#shared;
    for (const name of (await namesIn(staging)) ?? []) {
      if (isProcessAlive(Number.parseInt(name, 10))) continue;
      await move(join(staging, name), join(trash, name));
      await removeTree(join(trash, name));
    }
  }

  /** Makes a record whole in a directory that is not there yet. */
  async stage(stage: string, record: Record, fill?: Fill): Promise<void> {
    const home = join(stage, record.id);
    const version = randomUUID();
    await mkdir(stage);
    await mkdir(home);
    await fill?.(home);
    await writeNewFile(join(home, version + content), this.#kind.encode(record));
    await writeNewFile(join(home, head + version), "");
    await syncDirectory(home);
    await syncDirectory(stage);
  }

  /** Gives a key to a directory with a record in it, unless another has the key. */
  async publish(stage: string, key: string, call: StoreCall): Promise<"published" | "taken" | "source-gone"> {
    for (;;) {
      call.signal.throwIfAborted();
      const moved = await move(stage, join(this.place, key));
      if (moved === "moved") {
        await syncDirectory(this.place);
        return "published";
      }
      if (moved === "source-gone") {
        if (await exists(stage)) throw directoryGone();
        return "source-gone";
      }
      if ((await this.read(key, call)) !== undefined) return "taken";
      // A removed record is still in the way; its remover was killed or is slow.
      for (const other of await this.idsUnder(key)) await this.finish(key, other, call);
      await removeIfEmpty(join(this.place, key));
    }
  }

  async replace(current: Stored<Record>, next: Record, call: StoreCall, fill?: Fill): Promise<boolean> {
    const home = this.home(current.key, next.id);
    const files = this.#kind.filesOf(next);
    // What lies here by now was written for this version or an earlier one: once the head has moved on, it is garbage.
    const garbage = ((await namesIn(home)) ?? []).filter((name) => isVersioned(name) && !files.includes(name));
    const version = randomUUID();
    let moved = false;
    try {
      await call.step("write-version");
      await fill?.(home);
      await writeNewFile(join(home, version + content), this.#kind.encode(next));
      if (fill !== undefined) await this.syncHome(home);
      await call.step("move-head");
      moved = (await move(join(home, head + current.version), join(home, head + version))) === "moved";
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    } finally {
      const old = this.#kind.filesOf(current.record);
      const written = [version + content, ...files.filter((name) => !old.includes(name))];
      if (!moved) for (const name of written) await removeTree(join(home, name));
    }
    if (!moved) return false;
    await this.syncHome(home);
    for (const name of garbage) await removeTree(join(home, name));
    return true;
  }

  async remove(current: Stored<Record>, call: StoreCall, ending: Ending = "closed"): Promise<boolean> {
    const home = this.home(current.key, current.record.id);
    await call.step("close");
    const moved = await move(join(home, head + current.version), join(home, `${ending}.${current.version}`));
    if (moved !== "moved") return false;
    await this.syncHome(home);
    return true;
  }

  async finish(key: string, id: string, call: StoreCall): Promise<void> {
    const home = this.home(key, id);
    for (;;) {
      call.signal.throwIfAborted();
      const ended = endingOf((await namesIn(home)) ?? []);
      if (ended === undefined) break;
      if (ended.ending === "closed") await call.step("bury");
      await this.#finishers[ended.ending]?.(home, ended.version, id, call);
    }
    await removeIfEmpty(join(this.place, key));
    const buried = join(this.#shared.trash, id);
    if (!(await exists(buried))) return;
    await call.step("purge");
    await removeTree(buried);
  }

  async #bury(home: string, id: string): Promise<void> {
    const buried = join(this.#shared.trash, id);
    if ((await move(home, buried)) === "target-taken") await removeTree(buried);
  }

  async keysOf(id: string): Promise<readonly string[]> {
    const own = keyOfId(id);
    return own === undefined ? [] : [own, ...(await this.#otherKeys(id))];
  }

  pathOf({ key, record }: Located<Record>, file: string): string {
    return join(this.home(key, record.id), file);
  }

  home(key: string, id: string): string {
    return join(this.place, key, id);
  }

  async idsUnder(key: string): Promise<readonly string[]> {
    const names = await namesIn(join(this.place, key));
    if (names !== undefined) return names.filter(isId);
    // Nothing there is one thing, a disk that is not mounted another.
    if (!(await exists(this.place))) throw directoryGone();
    return [];
  }

  /** Names in a record's directory that no current record needs. */
  async superfluous({ key, version, record }: Stored<Record>): Promise<readonly string[]> {
    const names = (await namesIn(this.home(key, record.id))) ?? [];
    const needed = [version + content, ...this.#kind.filesOf(record)];
    return names.filter((name) => isVersioned(name) && !needed.includes(name));
  }

  /** The change is made; that somebody buries the record meanwhile is no failure of it. */
  async syncHome(home: string): Promise<void> {
    try {
      await syncDirectory(home);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }
}
