import { randomUUID } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Bin, BinnedVolume } from "./bin.js";
import { content, endingOf, head, type Finisher, type SharedPlaces } from "./file-layout.js";
import type { FileStore } from "./file-store.js";
import { errnoOf, exists, move, namesIn, removeIfEmpty, removeTree, writeNewFile } from "./file-system.js";
import { isId, keyOfId, nameKey } from "./identity.js";
import type { Leftover, StoreCall } from "./store.js";
import { volumeKind, type VolumeRecord } from "./volume-record.js";

/*
 * delete   Renaming head.<version> to binned.<version> commits, as closing does; finishing moves the directory to bin/<id>/<id>.
 * restore  Renaming bin/<id> to volumes/<key> takes the name; there the volume is still deleted, and whoever meets it may throw it back
 *          into the bin. Renaming binned.<version> to head.<next> commits.
 * purge    Renaming binned.<version> to closed.<version>, in the bin, commits.
 *
 * When a volume was deleted is the time at which its file binned.<version> was last changed, that is, renamed: a full disk has room for that.
 */

/** Where the bin of a directory is, and the new names of what came back from it. */
export const binPlaces = ({ root }: SharedPlaces) => ({ bin: join(root, "bin"), renamed: join(root, "renamed") });

/** Finishes a deletion into the bin. */
export const throwIntoBin =
  (bin: string): Finisher =>
  async (home, _version, id, call) => {
    await call.step("bin");
    await mkdir(join(bin, id), { recursive: true });
    if ((await move(home, join(bin, id, id))) === "target-taken") throw new Error(`${id} is in the trash twice: somebody changed the driver's files`);
  };

/** The keys that volumes have by names which they were given when they came back. */
export async function renamedKeys(renamed: string, id: string): Promise<readonly string[]> {
  const names = (await namesIn(renamed)) ?? [];
  return names.filter((name) => name.startsWith(`${id}.`)).map((name) => name.slice(id.length + 1));
}

/** Deleted volumes as files. */
export class FileBin implements Bin {
  readonly #bin: string;
  readonly #renamed: string;
  readonly #trash: string;
  readonly #volumes: FileStore<VolumeRecord>;

  constructor(shared: SharedPlaces, volumes: FileStore<VolumeRecord>) {
    this.#bin = binPlaces(shared).bin;
    this.#renamed = binPlaces(shared).renamed;
    this.#trash = shared.trash;
    this.#volumes = volumes;
  }

  async ids(): Promise<readonly string[]> {
    return ((await namesIn(this.#bin)) ?? []).filter(isId).sort();
  }

  async read(id: string): Promise<BinnedVolume | undefined> {
    const home = join(this.#bin, id, id);
    const ended = endingOf((await namesIn(home)) ?? []);
    if (!isId(id) || ended?.ending !== "binned") return undefined;
    const record = await this.#volumes.readVersion(home, ended.version);
    if (record === undefined) return undefined;
    try {
      const { ctime } = await stat(join(home, `binned.${ended.version}`));
      return { record, deletedAt: ctime.toISOString() };
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async restore(id: string, name: string, call: StoreCall): Promise<"restored" | "taken" | "gone"> {
    const key = nameKey(name);
    for (;;) {
      call.signal.throwIfAborted();
      if (!(await exists(join(this.#bin, id, id)))) return "gone";
      await call.step("take-name");
      // First, so that the volume is never without a way to it; where it leads nowhere yet, it does no harm.
      if (key !== keyOfId(id)) await this.#pointTo(id, key);
      const published = await this.#volumes.publish(join(this.#bin, id), key, call);
      if (published === "taken") return "taken";
      if (published === "source-gone") continue;
      const outcome = await this.#revive(key, id, name, call);
      if (outcome !== "thrown-back") return outcome;
    }
  }

  async #revive(key: string, id: string, name: string, call: StoreCall): Promise<"restored" | "gone" | "thrown-back"> {
    const home = this.#volumes.home(key, id);
    const names = (await namesIn(home)) ?? [];
    const ended = endingOf(names);
    if (ended?.ending === "closed") {
      await this.#volumes.finish(key, id, call);
      return "gone";
    }
    const record = ended && (await this.#volumes.readVersion(home, ended.version));
    if (ended === undefined || record === undefined) return "thrown-back";
    // The version before this one, and what killed restores have written.
    const garbage = names.filter((file) => file.endsWith(content));
    const version = randomUUID();
    try {
      await writeNewFile(join(home, version + content), volumeKind.encode({ ...record, name }));
      await call.step("revive");
      if ((await move(join(home, `binned.${ended.version}`), join(home, head + version))) !== "moved") return "thrown-back";
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return "thrown-back";
      throw error;
    }
    await this.#volumes.syncHome(home);
    for (const file of garbage) await removeTree(join(home, file));
    return "restored";
  }

  async #pointTo(id: string, key: string): Promise<void> {
    try {
      await writeNewFile(join(this.#renamed, `${id}.${key}`), "");
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
  }

  async purge(id: string, call: StoreCall): Promise<void> {
    const home = join(this.#bin, id, id);
    for (;;) {
      call.signal.throwIfAborted();
      const ended = endingOf((await namesIn(home)) ?? []);
      if (ended === undefined) return;
      if (ended.ending === "closed") break;
      await call.step("close");
      await move(join(home, `binned.${ended.version}`), join(home, `closed.${ended.version}`));
    }
    await call.step("purge");
    await move(join(this.#bin, id), join(this.#trash, id));
    await removeTree(join(this.#trash, id));
  }

  /** Finishes purges, and drops pointers to volumes that are no more. */
  async sweep(call: StoreCall, repair: boolean): Promise<Leftover[]> {
    const found: Leftover[] = [];
    for (const id of await this.ids()) {
      const ended = endingOf((await namesIn(join(this.#bin, id, id))) ?? []);
      if (ended?.ending === "closed") found.push({ kind: "half-purged", reference: id, message: "its bytes are not removed yet", action: "finish" });
      if (!repair) continue;
      if (ended?.ending === "closed") await this.purge(id, call);
      await removeIfEmpty(join(this.#bin, id));
    }
    for (const name of (await namesIn(this.#renamed)) ?? []) {
      call.signal.throwIfAborted();
      const [id = "", key = ""] = name.split(".");
      const home = this.#volumes.home(key, id);
      // Looked at twice, since the volume may be on its way from one place to the other.
      if ((await exists(home)) || (await exists(join(this.#bin, id))) || (await exists(home))) continue;
      found.push({ kind: "stale-name", reference: id, message: "another name of a volume that is gone", action: "undo" });
      if (repair) await removeTree(join(this.#renamed, name));
    }
    return found;
  }
}
