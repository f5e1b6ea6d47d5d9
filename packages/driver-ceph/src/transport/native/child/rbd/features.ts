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

/** The bits of features, by the names that images are asked for with. */
export const featureBits = (names: readonly string[]): bigint =>
  names.reduce((sum, name) => {
    const bit = plainFeatures.indexOf(name);
    return bit === -1 ? sum : sum | (1n << BigInt(bit));
  }, 0n);
