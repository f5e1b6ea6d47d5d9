import type { PlacedForm } from "../../../rbd-making.js";
import { featureBits, featureNames } from "./features.js";

/** How an image is to be that needs nothing but its own objects. */
export interface PlainForm {
  readonly sizeBytes: number;
  /** The size of its objects, as a power of two. */
  readonly order: number;
  readonly features: bigint;
  readonly objectCount: number;
  readonly hasObjectMap: boolean;
}

/** What an image may have for that: no journal, no stripes, no other pool for its data. */
const plain = featureBits(["layering", "exclusive-lock", "object-map", "fast-diff", "deep-flatten"]);

/** Options of Ceph's that make of a new image what is not plain, wherever they have another value. */
const otherwise: Readonly<Record<string, string>> = {
  rbd_default_format: "2",
  rbd_default_stripe_unit: "0",
  rbd_default_stripe_count: "0",
  rbd_default_data_pool: "",
};

/** The objects that one object map has room for (librbd's `MAX_OBJECT_COUNT`). */
const mostObjects = 256_000_000;
/** Sizes of objects that librbd takes, as powers of two. */
const [leastOrder, greatestOrder] = [12, 25];

/**
 * How a new image is to be, by what was asked for and by Ceph's options where nothing was; undefined where it is more than a plain one, or
 * none that librbd would make: that is librbd's to judge.
 * @param option the value of one of Ceph's options at this moment
 */
export function plainForm({ sizeBytes, objectSizeBytes, features: names, dataPool }: PlacedForm, option: (name: string) => string): PlainForm | undefined {
  if (dataPool !== undefined || Object.entries(otherwise).some(([name, value]) => option(name) !== value)) return undefined;
  const order = objectSizeBytes === undefined ? Number(option("rbd_default_order")) : Math.log2(objectSizeBytes);
  const features = names === undefined ? defaultFeatures(option("rbd_default_features")) : bitsOf(names);
  if (features === undefined || (features & ~plain) !== 0n) return undefined;
  if (!Number.isInteger(order) || order < leastOrder || order > greatestOrder) return undefined;

  const has = (name: string): boolean => (features & featureBits([name])) !== 0n;
  const hasObjectMap = has("object-map");
  // librbd adds the one to the other, and takes neither without the lock.
  if (hasObjectMap !== has("fast-diff") || (hasObjectMap && !has("exclusive-lock"))) return undefined;
  const objectCount = Math.ceil(sizeBytes / 2 ** order);
  if (objectCount > mostObjects) return undefined;
  return { sizeBytes, order, features, objectCount, hasObjectMap };
}

/** The option has names or the number that they come to. */
const defaultFeatures = (value: string): bigint | undefined => (/^\d+$/.test(value) ? BigInt(value) : bitsOf(value.split(",")));

/** Undefined where one of the names is none that is known here. */
function bitsOf(names: readonly string[]): bigint | undefined {
  const bits = featureBits(names);
  return featureNames(bits)?.length === new Set(names).size ? bits : undefined;
}
