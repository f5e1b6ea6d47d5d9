import { randomUUID } from "node:crypto";
import { link, lstat, mkdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Finisher, SharedPlaces } from "./file-layout.js";
import type { FileStore } from "./file-store.js";
import { errnoOf, exists, move, namesIn, removeIfEmpty, removeTree } from "./file-system.js";
import { isProcessAlive } from "./process-alive.js";
import type { Leftover, StoreCall } from "./store.js";
import { firstData, volumeKind, type VolumeRecord } from "./volume-record.js";

/*
 * import    The record is made in importing/<pid>-<random>/<id>; renaming import/<file> to data there takes the file, and renaming the
 *           directory to volumes/<key> makes it a volume. What a killed process left is undone, not removed: first a rename to
 *           <pid>-<random>.undone, so that it cannot be made a volume any more, then its file goes back.
 * release   Renaming head.<version> to released.<version> commits; finishing gives the file back to import/ and closes the rest.
 *
 * A file of somebody else is only ever renamed: at each moment it is in one place, whole, and never in one that is swept away.
 */

/** Where files of others are, and where they are taken over. */
export const importPlaces = ({ root }: SharedPlaces) => ({ offered: join(root, "import"), importing: join(root, "importing") });

const undone = ".undone";

/** Finishes letting a volume go: its file is called by the volume's id then. */
export const giveBack =
  (offered: string): Finisher =>
  async (home, version, id, call) => {
    await call.step("give-back");
    let text: string;
    try {
      text = await readFile(join(home, `${version}.json`), "utf8");
    } catch (error) {
      // Somebody else has finished it.
      if (errnoOf(error) === "ENOENT") return;
      throw error;
    }
    await move(join(home, volumeKind.decode(text).data), join(offered, `${id}.img`));
    await move(join(home, `released.${version}`), join(home, `closed.${version}`));
  };

/** Takes files of others over, as volumes. */
export class FileImports {
  readonly offered: string;
  readonly #importing: string;
  readonly #volumes: FileStore<VolumeRecord>;

  constructor(shared: SharedPlaces, volumes: FileStore<VolumeRecord>) {
    this.offered = importPlaces(shared).offered;
    this.#importing = importPlaces(shared).importing;
    this.#volumes = volumes;
  }

  /** Makes a volume of a file, whose name the record has. `taken`: the volume's name; `gone`: the file is not there. */
  async take(key: string, record: VolumeRecord & { readonly importedFrom: string }, call: StoreCall): Promise<"imported" | "taken" | "gone"> {
    for (;;) {
      await call.step("stage");
      const stage = join(this.#importing, `${process.pid}-${randomUUID()}`);
      try {
        await this.#volumes.stage(stage, record);
        await call.step("claim");
        const claimed = await move(join(this.offered, record.importedFrom), join(stage, record.id, firstData));
        if (claimed !== "moved") {
          if (await exists(stage)) return "gone";
          continue;
        }
        await call.step("publish");
        const published = await this.#volumes.publish(stage, key, call);
        if (published !== "source-gone") return published === "published" ? "imported" : "taken";
      } catch (error) {
        if (errnoOf(error) !== "ENOENT" || (await exists(stage)) || !(await exists(this.#importing))) throw error;
      } finally {
        await this.#undo(stage);
      }
    }
  }

  /** Undoes what ended processes have begun; what living ones are doing is left alone. */
  async sweep(call: StoreCall, repair: boolean): Promise<Leftover[]> {
    const found: Leftover[] = [];
    for (const name of (await namesIn(this.#importing)) ?? []) {
      call.signal.throwIfAborted();
      if (!name.endsWith(undone) && isProcessAlive(Number.parseInt(name, 10))) continue;
      found.push({ kind: "half-imported", reference: `importing/${name}`, message: "a process ended while it took a file over", action: "undo" });
      if (repair) await this.#undo(join(this.#importing, name));
    }
    return found;
  }

  /** Gives the file back, if it was taken, and removes the rest. Not there: it is a volume by now, or undone. */
  async #undo(stage: string): Promise<void> {
    const place = stage.endsWith(undone) ? stage : stage + undone;
    if (place !== stage) await move(stage, place);
    for (const id of (await namesIn(place)) ?? []) {
      const home = join(place, id);
      const names = (await namesIn(home)) ?? [];
      if (names.includes(firstData)) await this.#return(home, id, names);
      // One by one, and the directory only when it is empty: whatever happens, no bytes go with it.
      for (const name of names) if (name !== firstData) await removeTree(join(home, name));
      await removeIfEmpty(home);
    }
    await removeIfEmpty(place);
  }

  async #return(home: string, id: string, names: readonly string[]): Promise<void> {
    const version = names.find((name) => name.endsWith(".json"))?.slice(0, -".json".length);
    const record = version === undefined ? undefined : await this.#volumes.readVersion(home, version);
    const data = join(home, firstData);
    // Its own name may be taken by another file since: that is not to be overwritten.
    for (const name of [record?.importedFrom ?? `${id}.img`, `${id}.img`]) {
      const target = join(this.offered, name);
      if (!(await linkTo(data, target))) continue;
      await unlink(data).catch(ignoreMissing);
      return;
    }
  }
}

/** Gives a file a second name, or finds that it has it; false when another file has that name. */
async function linkTo(file: string, target: string): Promise<boolean> {
  try {
    await link(file, target);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return true;
    if (errnoOf(error) !== "EEXIST") throw error;
    const [one, other] = await Promise.all([lstat(file), lstat(target)]);
    return one.ino === other.ino && one.dev === other.dev;
  }
}

function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== "ENOENT") throw error;
}

/** Makes the directories, if they are not there. */
export async function prepareImports(shared: SharedPlaces): Promise<void> {
  for (const place of Object.values(importPlaces(shared))) await mkdir(place, { recursive: true, mode: 0o700 });
}
