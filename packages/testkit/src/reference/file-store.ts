import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { volumeId, type VolumeId } from "@opensds/core";
import { errnoOf, exists, move, namesIn, removeIfEmpty, removeTree, syncDirectory, writeNewFile, writeSparseFile } from "./file-system.js";
import { isKey, keyOfId, requireKey } from "./identity.js";
import { isProcessAlive } from "./process-alive.js";
import type { StoreCall, StoredVolume, Sweep, VolumeStore } from "./store.js";
import { decodeRecord, encodeRecord, type VolumeRecord } from "./volume-record.js";

/*
 * The store as files. Several processes use one directory; each may be killed at any instant, or sleep for an hour in
 * the middle of a call and go on. There are no locks and no clocks: every change of state is one rename, which the file
 * system does once and for one of those that try. (A local file system, that is: NFS may do a rename and deny it.)
 *
 *   volumes/<key>/<id>/head.<version>    empty; its name says which version of the record is current
 *                      <version>.json    that version's content
 *                      data              the volume's bytes, sparse
 *   staging/<pid>-<random>/<id>/...      a volume that is being made
 *   trash/<random or id>                 what is being deleted
 *
 * create   The volume is made whole in staging. Renaming its directory to volumes/<key> publishes it; that fails while
 *          a volume is there, and whoever loses removes what it staged.
 * replace  The next content is written beside the old one. Renaming head.<old> to head.<new> commits: there is only one
 *          head.<old>, so only one writer can rename it, and versions never come back.
 * remove   Renaming head.<version> to closed.<version> commits, which needs no free space. Closed is final. What is left
 *          (purge) may be done by anybody: the directory goes to trash, volumes/<key> with it, then the bytes.
 *
 * Killed before the commit, nothing has happened, and what was staged or written is garbage; killed after it, all has
 * happened, and what is left of the old state is garbage. The sweep takes the garbage away. It may meet a living writer's
 * work: it moves it from staging to trash, by a rename too, so that the writer's own rename fails, and the writer starts
 * over. Nothing that was published is ever swept. That a process lives is looked at only to spare it starting over:
 * were it always answered wrongly, calls would be slower and nothing else.
 */

const head = "head.";
const closed = "closed.";
const content = ".json";

/** A reader starts over when the record changed under it; so often only in a directory that somebody damaged. */
const maxReadAttempts = 1000;

class FileStore implements VolumeStore {
  readonly #volumes: string;
  readonly #staging: string;
  readonly #trash: string;

  constructor(directory: string) {
    this.#volumes = join(directory, "volumes");
    this.#staging = join(directory, "staging");
    this.#trash = join(directory, "trash");
  }

  async prepare(): Promise<void> {
    for (const directory of [this.#volumes, this.#staging, this.#trash]) await mkdir(directory, { recursive: true, mode: 0o700 });
    // Shows that the directory can be written to: now, not at the first volume.
    const probe = join(this.#staging, `${process.pid}-${randomUUID()}`);
    await mkdir(probe);
    await removeTree(probe);
  }

  async keys(): Promise<readonly string[]> {
    const names = await namesIn(this.#volumes);
    if (names === undefined) throw directoryGone();
    return names.filter(isKey).sort();
  }

  async read(key: string, call: StoreCall): Promise<StoredVolume | undefined> {
    for (let attempt = 0; attempt < maxReadAttempts; attempt += 1) {
      call.signal.throwIfAborted();
      const [id] = await this.#idsUnder(key);
      if (id === undefined) return undefined;
      const home = this.#home(id);
      const names = (await namesIn(home)) ?? [];
      const version = names.find((name) => name.startsWith(head))?.slice(head.length);
      if (version !== undefined) {
        const record = await readContent(join(home, version + content));
        if (record !== undefined) return { version, record };
      } else if (names.some((name) => name.startsWith(closed))) return undefined;
    }
    throw new Error(`the stored volume under ${key} has no current version: somebody changed the driver's files`);
  }

  async create(record: VolumeRecord, call: StoreCall): Promise<boolean> {
    for (;;) {
      await call.step("stage");
      const stage = join(this.#staging, `${process.pid}-${randomUUID()}`);
      try {
        await this.#stage(stage, record);
        await call.step("publish");
        const published = await this.#publish(stage, record.id, call);
        if (published !== "swept") return published;
      } catch (error) {
        const swept = errnoOf(error) === "ENOENT" && (await exists(this.#staging)) && !(await exists(stage));
        if (!swept) throw error;
      } finally {
        await removeTree(stage);
      }
    }
  }

  async #stage(stage: string, record: VolumeRecord): Promise<void> {
    const home = join(stage, record.id);
    const version = randomUUID();
    await mkdir(stage);
    await mkdir(home);
    await writeSparseFile(join(home, "data"), record.sizeBytes);
    await writeNewFile(join(home, version + content), encodeRecord(record));
    await writeNewFile(join(home, head + version), "");
    await syncDirectory(home);
    await syncDirectory(stage);
  }

  async #publish(stage: string, id: VolumeId, call: StoreCall): Promise<boolean | "swept"> {
    const key = requireKey(id);
    for (;;) {
      call.signal.throwIfAborted();
      const moved = await move(stage, join(this.#volumes, key));
      if (moved === "moved") {
        await syncDirectory(this.#volumes);
        return true;
      }
      if (moved === "source-gone") {
        if (await exists(stage)) throw directoryGone();
        return "swept";
      }
      if ((await this.read(key, call)) !== undefined) return false;
      // A removed volume is still in the way; its remover was killed or is slow.
      for (const other of await this.#idsUnder(key)) await this.purge(other, call);
      await removeIfEmpty(join(this.#volumes, key));
    }
  }

  async replace(current: StoredVolume, next: VolumeRecord, call: StoreCall): Promise<boolean> {
    const home = this.#home(current.record.id);
    // What lies here by now was written for this version or an earlier one: once the head has moved on, it is garbage.
    const garbage = ((await namesIn(home)) ?? []).filter((name) => name.endsWith(content));
    const version = randomUUID();
    const written = join(home, version + content);
    let moved = false;
    try {
      await call.step("write-version");
      await writeNewFile(written, encodeRecord(next));
      await call.step("move-head");
      moved = (await move(join(home, head + current.version), join(home, head + version))) === "moved";
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    } finally {
      if (!moved) await removeTree(written);
    }
    if (!moved) return false;
    await this.#syncHome(home);
    for (const name of garbage) await removeTree(join(home, name));
    return true;
  }

  async remove(current: StoredVolume, call: StoreCall): Promise<boolean> {
    const home = this.#home(current.record.id);
    await call.step("close");
    const moved = await move(join(home, head + current.version), join(home, closed + current.version));
    if (moved !== "moved") return false;
    await this.#syncHome(home);
    return true;
  }

  async purge(id: VolumeId, call: StoreCall): Promise<void> {
    const home = this.#home(id);
    const names = (await namesIn(home)) ?? [];
    if (names.some((name) => name.startsWith(closed))) {
      await call.step("bury");
      await move(home, join(this.#trash, id));
    }
    await removeIfEmpty(join(this.#volumes, requireKey(id)));
    const buried = join(this.#trash, id);
    if (!(await exists(buried))) return;
    await call.step("purge");
    await removeTree(buried);
  }

  dataPath(id: VolumeId): string {
    return join(this.#home(id), "data");
  }

  async sweep(call: StoreCall): Promise<void> {
    await call.step("sweep");
    for (const name of (await namesIn(this.#staging)) ?? []) {
      if (!isProcessAlive(Number.parseInt(name, 10))) await move(join(this.#staging, name), join(this.#trash, name));
    }
    for (const name of (await namesIn(this.#trash)) ?? []) await removeTree(join(this.#trash, name));
    for (const key of await this.keys()) {
      call.signal.throwIfAborted();
      for (const id of await this.#idsUnder(key)) await this.#sweepVolume(key, id, call);
      await removeIfEmpty(join(this.#volumes, key));
    }
  }

  async #sweepVolume(key: string, id: VolumeId, call: StoreCall): Promise<void> {
    await this.purge(id, call);
    const contents = ((await namesIn(this.#home(id))) ?? []).filter((name) => name.endsWith(content));
    if (contents.length < 2) return;
    // A killed writer's content, or a living one's: writing the same record anew shuts both out and clears both away.
    const current = await this.read(key, call);
    if (current !== undefined) await this.replace(current, current.record, call);
  }

  #home(id: VolumeId): string {
    return join(this.#volumes, requireKey(id), id);
  }

  async #idsUnder(key: string): Promise<readonly VolumeId[]> {
    const names = await namesIn(join(this.#volumes, key));
    if (names === undefined) {
      // Nothing there is one thing, a disk that is not mounted another.
      if (!(await exists(this.#volumes))) throw directoryGone();
      return [];
    }
    return names.filter((name) => keyOfId(name) === key).map(volumeId);
  }

  /** The change is made; that somebody buries the volume meanwhile is no failure of it. */
  async #syncHome(home: string): Promise<void> {
    try {
      await syncDirectory(home);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }
}

/** Opens a directory, which is there, as a store. */
export async function openFileStore(directory: string): Promise<{ readonly store: VolumeStore; readonly sweep: Sweep }> {
  const store = new FileStore(directory);
  await store.prepare();
  return { store, sweep: (call) => store.sweep(call) };
}

/** A version's content; undefined when a newer version has taken its place. */
async function readContent(path: string): Promise<VolumeRecord | undefined> {
  try {
    return decodeRecord(await readFile(path, "utf8"));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function directoryGone(): Error {
  return Object.assign(new Error("the driver's directory is gone"), { code: "ENOENT" });
}
