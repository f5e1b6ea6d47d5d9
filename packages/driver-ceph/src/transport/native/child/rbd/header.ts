import { headerOf, rbdClass } from "../../../object-names.js";
import type { Lock } from "../../../rados.js";
import type { ImageInfo } from "../../../rbd.js";
import { BadEncoding, CephReader, nothing } from "../objects/encoding.js";
import { errno, NativeFailure } from "../failure.js";
import { featureNames } from "./features.js";
import { decodeLock } from "./locks.js";
import type { Objects } from "../objects/object-ops.js";
import type { ObjectRead, PartAnswer } from "../objects/object-reads.js";

/** What a header tells of its image, but for the name, which does not stand in it. */
export type HeaderInfo = Omit<ImageInfo, "name">;

/** The part of it that a volume is told from. */
export type HeaderGlance = Pick<HeaderInfo, "id" | "sizeBytes">;

/** A look at a header: all of one moment. `info` is undefined where only librbd can tell, by opening the image. */
export interface HeaderLook<Info> {
  readonly info: Info | undefined;
  readonly cells: readonly (readonly [cell: string, lock: Lock])[];
}

/** What is asked of a header beside its cells. Answers that do not decode throw `BadEncoding`. */
export interface HeaderQuestion<Info> {
  /** Asks, and fulfils once the answers are there; undefined where only librbd can tell. */
  ask(read: Pick<ObjectRead, "keys">, ask: AskHeader, imageId: string): () => Info | undefined;
  /** The same out of what librbd tells. */
  of(info: HeaderInfo): Info;
}

/** Asks a method of RBD's that takes no input. */
type AskHeader = (method: string) => () => PartAnswer;

// What `get_size`, `get_features` and `lock.get_info` would read, read as it is stored: each call of a method costs the OSD as much again as the
// whole operation. The forms are those of RBD's format 2 (`cls_rbd`) and of `cls_lock`, which keeps a lock as an attribute.
const glanceKeys = ["features", "size"];
const wholeKeys = ["features", "order", "size"];
const lockPrefix = "lock.";
/** Answers of a few numbers; the list of snapshots may be longer. */
const shortAnswer = 512;

/** How to look at a header again. */
interface LookOptions {
  /** How much longer answers may be than they usually are. */
  readonly factor?: number;
  /** Each question fails alone: for headers on which one of them fails. */
  readonly failAlone?: boolean;
}

/** Looks at a header in one round trip; undefined when there is none. What is long or odd takes a second one. */
export async function lookAtHeader<Info>(
  objects: Objects,
  imageId: string,
  question: HeaderQuestion<Info>,
  cells: readonly string[],
  options: LookOptions = {},
): Promise<HeaderLook<Info> | undefined> {
  const { factor = 1, failAlone = false } = options;
  const read = objects.read();
  const answers: (() => PartAnswer)[] = [];
  const exec: AskHeader = (method) => {
    const answer = read.exec(rbdClass, method, nothing, shortAnswer * factor, failAlone);
    answers.push(answer);
    return answer;
  };
  const info = question.ask(read, exec, imageId);
  const attributes = read.attributes();

  const failed = await read.run(headerOf(imageId));
  if (failed === errno.ENOENT) return undefined;
  if (answers.some((answer) => answer().errno === errno.ERANGE)) {
    return lookAtHeader(objects, imageId, question, cells, { ...options, factor: factor * 16 });
  }
  if (failed !== 0 && !failAlone) return lookAtHeader(objects, imageId, question, cells, { ...options, failAlone: true });
  if (failed !== 0) throw new NativeFailure("rados_read_op_operate", failed);

  const held: (readonly [string, Lock])[] = [];
  for (const [name, bytes] of attributes()) {
    if (!name.startsWith(lockPrefix)) continue;
    const cell = name.slice(lockPrefix.length);
    const lock = cells.includes(cell) ? decodeLock(bytes) : undefined;
    if (lock !== undefined) held.push([cell, lock]);
  }
  return { info: decoded(info), cells: held };
}

/** Undefined where an answer is of a form that this does not know. */
function decoded<Info>(info: () => Info | undefined): Info | undefined {
  try {
    return info();
  } catch (thrown) {
    if (thrown instanceof BadEncoding) return undefined;
    throw thrown;
  }
}

/** The size, of an image whose features are all plain: one that is being migrated, say, has another size than its header says. */
const plainOf = (values: ReadonlyMap<string, Buffer>): { readonly sizeBytes: number; readonly features: readonly string[] } | undefined => {
  const [size, features] = [values.get("size"), values.get("features")];
  if (size === undefined || features === undefined) return undefined;
  const names = featureNames(new CephReader(features).bits64());
  return names && { sizeBytes: new CephReader(size).u64(), features: names };
};

/** All that a header tells. */
export const wholeHeader: HeaderQuestion<HeaderInfo> = {
  ask: (read, ask, id) => {
    const values = read.keys(wholeKeys);
    const snapshots = ask("get_snapcontext");
    const parent = ask("parent_get");
    return () => {
      const stored = values();
      const found = plainOf(stored);
      const order = stored.get("order");
      if (found === undefined || order === undefined || snapshots().errno !== 0 || parent().errno !== 0) return undefined;
      const context = new CephReader(snapshots().bytes);
      context.skip(8);
      const snapshotIds = context.list(() => context.u64());
      const parentPool = new CephReader(parent().bytes).versioned(1, (inside) => inside.i64());
      return { id, ...found, objectSizeBytes: 2 ** new CephReader(order).u8(), snapshots: snapshotIds.length, isClone: parentPool !== -1n };
    };
  },
  of: (info) => info,
};

/** What a volume is told from: no method is called. */
export const headerGlance: HeaderQuestion<HeaderGlance> = {
  ask: (read, _, id) => {
    const values = read.keys(glanceKeys);
    return () => {
      const found = plainOf(values());
      return found && { id, sizeBytes: found.sizeBytes };
    };
  },
  of: ({ id, sizeBytes }) => ({ id, sizeBytes }),
};
