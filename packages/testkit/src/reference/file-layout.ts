import { join } from "node:path";
import type { Ending, StoreCall } from "./store.js";

/*
 * A store as files. Several processes use one directory; each may be killed at any instant, or sleep for an hour in
 * the middle of a call and go on. There are no locks and no clocks: every change of state is one rename, which the file
 * system does once and for one of those that try. (A local file system, that is: NFS may do a rename and deny it.)
 *
 *   volumes/<key>/<id>/head.<version>    empty; its name says which version of the record is current
 *                      <version>.json    that version's content
 *                      data...           the record's bytes, sparse; the record says which files
 *   snapshots/... groups/...             likewise, each kind of record in a directory of its own
 *   staging/<pid>-<random>/<id>/...      a record that is being made
 *   trash/<random or id>                 what is being deleted
 *
 * create   The record is made whole in staging. Renaming its directory to volumes/<key> publishes it; that fails while
 *          a record is there, and whoever loses removes what it staged.
 * replace  The next content is written beside the old one, new files of bytes too. Renaming head.<old> to head.<new> commits:
 *          there is only one head.<old>, so only one writer can rename it, and versions never come back.
 * remove   Renaming head.<version> to closed.<version> commits, which needs no free space. Closed is final. What is left
 *          (finish) may be done by anybody: the directory goes to trash, volumes/<key> with it, then the bytes.
 *          A volume may also be binned (file-bin.ts) or released (file-imports.ts): other words, the same commit.
 *
 * Killed before the commit, nothing has happened, and what was staged or written is garbage; killed after it, all has
 * happened, and what is left of the old state is garbage. The sweep takes the garbage away. It may meet a living writer's
 * work: it moves it from staging to trash, by a rename too, so that the writer's own rename fails, and the writer starts
 * over. Nothing that was published is ever swept. That a process lives is looked at only to spare it starting over:
 * were it always answered wrongly, calls would be slower and nothing else.
 *
 *   bin/<id>/<id>/...                    a volume in the trash (file-bin.ts): as above, with binned.<version> in place of the head
 *   renamed/<id>.<key>                   where a volume is that came back from the trash under another name
 *   import/...                           files of others, to be taken over (file-imports.ts)
 *   importing/<pid>-<random>/<id>/...    one that is being taken over
 *
 * Two things are not a rename, and each says in its place why it may be done: bytes are copied (copy-still.ts), and a volume's
 * file grows (expansion.ts).
 */

/** The parts of a store's directory that all kinds of records share. */
export interface SharedPlaces {
  readonly root: string;
  readonly staging: string;
  readonly trash: string;
}

/** The places of a directory. */
export function placesIn(root: string): SharedPlaces {
  return { root, staging: join(root, "staging"), trash: join(root, "trash") };
}

/** What is left to do for a record that ended otherwise than `closed`: makes it closed, or takes its directory elsewhere. */
export type Finisher = (home: string, version: string, id: string, call: StoreCall) => Promise<void>;

export type Finishers = Readonly<Partial<Record<Ending, Finisher>>>;

/** What only volumes have: other endings, and new names. */
export interface VolumeWays {
  readonly finishers?: Finishers | undefined;
  /** The keys of names that a record was given after it was made. */
  readonly otherKeys?: ((id: string) => Promise<readonly string[]>) | undefined;
}

export const head = "head.";
export const content = ".json";
const endings: readonly Ending[] = ["closed", "binned", "released"];

/** Whether a name in a record's directory is of a version of the record, or of its bytes. */
export const isVersioned = (name: string): boolean => name.endsWith(content) || name.startsWith("data");

/** How the record in a directory with these names ended; undefined for one that lives. */
export function endingOf(names: readonly string[]): { readonly ending: Ending; readonly version: string } | undefined {
  for (const ending of endings) {
    const name = names.find((candidate) => candidate.startsWith(`${ending}.`));
    if (name !== undefined) return { ending, version: name.slice(ending.length + 1) };
  }
  return undefined;
}

export function directoryGone(): Error {
  return Object.assign(new Error("the driver's directory is gone"), { code: "ENOENT" });
}
