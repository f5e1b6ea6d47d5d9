import type { Lock } from "../../rados.js";
import type { ImageInfo } from "../../rbd.js";
import { BadEncoding, CephReader, u8, u64 } from "./encoding.js";
import { errno, NativeFailure } from "./failure.js";
import { decodeLock, decodeLockNames, infoInput, lockClass } from "./locks.js";
import type { Objects, PartAnswer } from "./object-ops.js";

export const headerOf = (imageId: string): string => `rbd_header.${imageId}`;

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
  ask(ask: AskHeader, imageId: string): () => Info | undefined;
  /** The same out of what librbd tells. */
  of(info: HeaderInfo): Info;
}

type AskHeader = (method: string, input?: Buffer) => () => PartAnswer;

const rbdClass = "rbd";
const nothing = Buffer.alloc(0);
const noSnapshot = u64(0xffff_ffff_ffff_fffen);
const featuresInput = Buffer.concat([noSnapshot, u8(1)]);
/** Answers of a few numbers; the list of snapshots may be longer. */
const shortAnswer = 512;
/** Most cells hold one description of a few hundred bytes. */
const cellAnswer = 2_048;

/** Features by their bits, as `rbd info` names them. An image with any other is opened instead. */
const plainFeatures: readonly string[] = [
  "layering",
  "striping",
  "exclusive-lock",
  "object-map",
  "fast-diff",
  "deep-flatten",
  "journaling",
  "data-pool",
  "operations",
];

/** Undefined where a bit is set that has no plain meaning: migrating, non-primary, or newer than this. */
export function featureNames(bits: bigint): readonly string[] | undefined {
  if (bits >> BigInt(plainFeatures.length) !== 0n) return undefined;
  return plainFeatures.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 1n);
}

/** Bits that librbd alone knows how to treat, and how `rbd info` names them. */
const oddFeatures: readonly (readonly [name: string, bit: bigint])[] = [
  ["migrating", 512n],
  ["non-primary", 1024n],
];

/** The names of all features that have one. */
export const everyFeatureName = (bits: bigint): readonly string[] => [
  ...(featureNames(bits & 0x1ffn) ?? []),
  ...oddFeatures.flatMap(([name, bit]) => ((bits & bit) === 0n ? [] : [name])),
];

/** How to look at a header. */
export interface LookOptions {
  /** So many of the cells, the first ones, are looked at in any case, others where one of their names was ever used. Default: all. */
  readonly certainCells?: number;
  /** How much longer answers may be than they usually are. */
  readonly factor?: number;
  /** Each question fails alone: for headers on which one of them fails. */
  readonly failAlone?: boolean;
}

/** Looks at a header in one round trip; undefined when there is none. What is long, odd, or has further cells takes a second one. */
export async function lookAtHeader<Info>(
  objects: Objects,
  imageId: string,
  question: HeaderQuestion<Info>,
  cells: readonly string[],
  options: LookOptions = {},
): Promise<HeaderLook<Info> | undefined> {
  const { certainCells = cells.length, factor = 1, failAlone = false } = options;
  const read = objects.read();
  const answers: (() => PartAnswer)[] = [];
  const exec = (objectClass: string, method: string, input: Buffer, capacity: number): (() => PartAnswer) => {
    const answer = read.exec(objectClass, method, input, capacity * factor, failAlone);
    answers.push(answer);
    return answer;
  };
  const info = question.ask((method, input = nothing) => exec(rbdClass, method, input, shortAnswer), imageId);
  const asked = cells.slice(0, certainCells);
  const locks = asked.map((cell) => ({ cell, answer: exec(lockClass, "get_info", infoInput(cell), cellAnswer) }));
  const others = cells.slice(asked.length);
  const names = others.length === 0 ? undefined : exec(lockClass, "list_locks", nothing, shortAnswer);

  const failed = await read.run(headerOf(imageId));
  if (failed === errno.ENOENT) return undefined;
  if (answers.some((answer) => answer().errno === errno.ERANGE)) {
    return lookAtHeader(objects, imageId, question, cells, { ...options, factor: factor * 16 });
  }
  if (failed !== 0 && !failAlone) return lookAtHeader(objects, imageId, question, cells, { ...options, failAlone: true });
  if (failed !== 0) throw new NativeFailure("rados_read_op_operate", failed);
  if (names !== undefined) {
    const used = decodeLockNames(answered("lock.list_locks", names()));
    const further = others.filter((cell) => used.includes(cell));
    // All of them again: what is told is of one moment.
    if (further.length > 0) return lookAtHeader(objects, imageId, question, [...asked, ...further], { factor });
  }

  const held: (readonly [string, Lock])[] = [];
  for (const { cell, answer } of locks) {
    const lock = decodeLock(answered("lock.get_info", answer()));
    if (lock !== undefined) held.push([cell, lock]);
  }
  return { info: decoded(info), cells: held };
}

function answered(what: string, { errno: number, bytes }: PartAnswer): Buffer {
  if (number !== 0) throw new NativeFailure(what, number);
  return bytes;
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
const askPlain = (ask: AskHeader): (() => Omit<HeaderInfo, "id" | "snapshots" | "isClone"> | undefined) => {
  const size = ask("get_size", noSnapshot);
  const features = ask("get_features", featuresInput);
  return () => {
    if (size().errno !== 0 || features().errno !== 0) return undefined;
    const reader = new CephReader(size().bytes);
    const order = reader.u8();
    const sizeBytes = reader.u64();
    const names = featureNames(new CephReader(features().bytes).bits64());
    return names && { sizeBytes, objectSizeBytes: 2 ** order, features: names };
  };
};

/** All that a header tells. */
export const wholeHeader: HeaderQuestion<HeaderInfo> = {
  ask: (ask, id) => {
    const plain = askPlain(ask);
    const snapshots = ask("get_snapcontext");
    const parent = ask("parent_get");
    return () => {
      const found = plain();
      if (found === undefined || snapshots().errno !== 0 || parent().errno !== 0) return undefined;
      const context = new CephReader(snapshots().bytes);
      context.skip(8);
      const snapshotIds = context.list(() => context.u64());
      const parentPool = new CephReader(parent().bytes).versioned(1, (inside) => inside.i64());
      return { id, ...found, snapshots: snapshotIds.length, isClone: parentPool !== -1n };
    };
  },
  of: (info) => info,
};

/** What a volume is told from: half the questions. */
export const headerGlance: HeaderQuestion<HeaderGlance> = {
  ask: (ask, id) => {
    const plain = askPlain(ask);
    return () => {
      const found = plain();
      return found && { id, sizeBytes: found.sizeBytes };
    };
  },
  of: ({ id, sizeBytes }) => ({ id, sizeBytes }),
};
