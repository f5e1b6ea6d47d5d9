import fc from "fast-check";

/** One change to a JSON value: where, by the how manyth of its places, and what is put there. */
export interface Mutation {
  readonly place: number;
  readonly kind: "replace" | "remove" | "add" | "wrap" | "bend";
  readonly by: unknown;
  readonly key: string;
}

const odd = fc.constantFrom<unknown[]>(
  ...[null, true, 0, -1, 1.5, 1e300, 2 ** 53, 1001, [], {}, [{}], { a: 1 }],
  ...["", " ", "a b", "\n", "ü", "😀", "\ud83d", "x".repeat(129), "😀".repeat(4097)],
);

/** Changes that make a valid value invalid, mostly. */
export const mutations: fc.Arbitrary<Mutation> = fc.record(
  {
    place: fc.nat(1000),
    kind: fc.constantFrom("replace", "remove", "add", "wrap", "bend"),
    by: odd,
    key: fc.constantFrom("extra", "constructor", "__proto__", "toString", "id", "name", "kind", ""),
  },
  { noNullPrototype: true },
);

type Json = readonly unknown[] | Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** A changed copy of a JSON value. */
export function mutate(value: unknown, mutation: Mutation): unknown {
  const place = placesIn(value)[mutation.place % placesIn(value).length] ?? [];
  return changed(value, place, mutation);
}

/** The paths of everything in a value, itself first. */
function placesIn(value: unknown): readonly (readonly string[])[] {
  if (!isNode(value)) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner).map((path) => [key, ...path]))];
}

function changed(value: unknown, [key, ...rest]: readonly string[], mutation: Mutation): unknown {
  if (key === undefined) return changeHere(value, mutation);
  const edit = (inner: readonly [string, unknown]): readonly (readonly [string, unknown])[] => {
    if (inner[0] !== key) return [inner];
    if (rest.length === 0 && mutation.kind === "remove") return [];
    return [[key, changed(inner[1], rest, mutation)]];
  };
  if (Array.isArray(value)) return Object.entries(value).flatMap(edit).map(([, inner]) => inner);
  return isNode(value) ? Object.fromEntries(Object.entries(value).flatMap(edit)) : value;
}

function changeHere(value: unknown, { kind, by, key }: Mutation): unknown {
  if (kind === "wrap") return [value];
  if (kind === "add" && isNode(value) && !Array.isArray(value)) return Object.fromEntries([...Object.entries(value), [key, by]]);
  if (kind === "bend") {
    if (typeof value === "string") return `${value}${String(by)}`;
    if (typeof value === "number") return value + 0.5;
    if (Array.isArray(value)) return Object.fromEntries(Object.entries(value));
    if (isNode(value)) return Object.values(value);
  }
  return by;
}
