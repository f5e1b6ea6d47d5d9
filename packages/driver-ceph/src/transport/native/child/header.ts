import type { Lock } from "../../rados.js";
import type { ImageInfo } from "../../rbd.js";
import { BadEncoding, CephReader, u8, u64 } from "./encoding.js";
import { errno, NativeFailure } from "./failure.js";
import { decodeLock, decodeLockNames, infoInput, lockClass } from "./locks.js";
import type { Objects, PartAnswer } from "./object-ops.js";

export const headerOf = (imageId: string): string => `rbd_header.${imageId}`;

/** What a header tells of its image, but for the name, which does not stand in it. */
export type HeaderInfo = Omit<ImageInfo, "name">;

/** A look at a header: all of one moment. `info` is undefined where only librbd can tell, by opening the image. */
export interface HeaderLook {
  readonly info: HeaderInfo | undefined;
  readonly cells: readonly (readonly [cell: string, lock: Lock])[];
}

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
  /** Looks at the first cell alone, and at others where one of their names was ever used: cheaper where most have none. */
  readonly fewCells?: boolean;
  /** How much longer answers may be than they usually are. */
  readonly factor?: number;
  /** Each question fails alone: for headers on which one of them fails. */
  readonly failAlone?: boolean;
}

/** Looks at a header in one round trip; undefined when there is none. What is long, odd, or has further cells takes a second one. */
export async function lookAtHeader(
  objects: Objects,
  imageId: string,
  cells: readonly string[],
  options: LookOptions = {},
): Promise<HeaderLook | undefined> {
  const { fewCells = false, factor = 1, failAlone = false } = options;
  const read = objects.read();
  const ask = (method: string, input: Buffer = nothing): (() => PartAnswer) => read.exec(rbdClass, method, input, shortAnswer * factor, failAlone);
  const size = ask("get_size", noSnapshot);
  const features = ask("get_features", featuresInput);
  const snapshots = ask("get_snapcontext");
  const parent = ask("parent_get");
  const asked = fewCells ? cells.slice(0, 1) : cells;
  const locks = asked.map((cell) => ({ cell, answer: read.exec(lockClass, "get_info", infoInput(cell), cellAnswer * factor, failAlone) }));
  const others = cells.slice(asked.length);
  const names = others.length === 0 ? undefined : read.exec(lockClass, "list_locks", nothing, shortAnswer * factor, failAlone);

  const failed = await read.run(headerOf(imageId));
  if (failed === errno.ENOENT) return undefined;
  const parts = [size, features, snapshots, parent, ...locks.map(({ answer }) => answer), ...(names === undefined ? [] : [names])].map((answer) => answer());
  if (parts.some((part) => part.errno === errno.ERANGE)) return lookAtHeader(objects, imageId, cells, { ...options, factor: factor * 16 });
  if (failed !== 0 && !failAlone) return lookAtHeader(objects, imageId, cells, { ...options, failAlone: true });
  if (failed !== 0) throw new NativeFailure("rados_read_op_operate", failed);
  if (names !== undefined) {
    const used = decodeLockNames(answered("lock.list_locks", names()));
    const further = others.filter((cell) => used.includes(cell));
    // All of them again: what is told is of one moment.
    if (further.length > 0) return lookAtHeader(objects, imageId, [...asked, ...further], { factor });
  }

  const held: (readonly [string, Lock])[] = [];
  for (const { cell, answer } of locks) {
    const lock = decodeLock(answered("lock.get_info", answer()));
    if (lock !== undefined) held.push([cell, lock]);
  }
  return { info: infoOf(imageId, size(), features(), snapshots(), parent()), cells: held };
}

function answered(what: string, { errno: number, bytes }: PartAnswer): Buffer {
  if (number !== 0) throw new NativeFailure(what, number);
  return bytes;
}

function infoOf(id: string, size: PartAnswer, features: PartAnswer, snapshots: PartAnswer, parent: PartAnswer): HeaderInfo | undefined {
  if ([size, features, snapshots, parent].some((part) => part.errno !== 0)) return undefined;
  try {
    const reader = new CephReader(size.bytes);
    const order = reader.u8();
    const sizeBytes = reader.u64();
    const names = featureNames(new CephReader(features.bytes).bits64());
    const context = new CephReader(snapshots.bytes);
    context.skip(8);
    const snapshotIds = context.list(() => context.u64());
    const parentPool = new CephReader(parent.bytes).versioned(1, (inside) => inside.i64());
    if (names === undefined) return undefined;
    return { id, sizeBytes, objectSizeBytes: 2 ** order, snapshots: snapshotIds.length, features: names, isClone: parentPool !== -1n };
  } catch (thrown) {
    if (thrown instanceof BadEncoding) return undefined;
    throw thrown;
  }
}
