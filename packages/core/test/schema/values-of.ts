import fc from "fast-check";

/** The part of JSON Schema that the published schemas use. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export const isSchema = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null && !Array.isArray(value);
const schemasIn = (value: unknown): readonly JsonSchema[] => (Array.isArray(value) ? value.filter(isSchema) : []);
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const number = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);

/** Text that no shape forbids and that is likely to be taken apart wrongly: empty, astral, half a pair, long. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", "a", "😀", "\ud83d", "constructor", "null", "0", "x".repeat(130)),
);
const anyJson = fc.jsonValue({ maxDepth: 1 });

/** Values that a schema allows, as an arbitrary of fast-check. */
export function valuesOf(schema: JsonSchema, root: JsonSchema = schema, depth = 0): fc.Arbitrary<unknown> {
  const inside = (part: JsonSchema): fc.Arbitrary<unknown> => valuesOf(part, root, depth + 1);
  if (typeof schema["$ref"] === "string") return inside(follow(schema["$ref"], root));
  if ("const" in schema) return fc.constant(schema["const"]);
  const listed: unknown = schema["enum"];
  if (isList(listed)) return fc.constantFrom<unknown[]>(...listed);
  const choices = [...schemasIn(schema["anyOf"]), ...schemasIn(schema["oneOf"])];
  if (choices.length > 0) return fc.oneof(...choices.map(inside));
  switch (schema["type"]) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "integer": {
      const min = number(schema["minimum"], Number.MIN_SAFE_INTEGER);
      const max = number(schema["maximum"], Number.MAX_SAFE_INTEGER);
      return fc.oneof(
        fc.integer({ min: Math.max(min, -1000), max: Math.min(max, 1000) }),
        fc.maxSafeInteger().map((n) => Math.min(Math.max(n, min), max)),
        fc.constantFrom(min, max),
      );
    }
    case "string":
      return textsOf(schema);
    case "array": {
      const [items] = schemasIn([schema["items"]]);
      return fc.array(items === undefined ? anyJson : inside(items), { maxLength: 3 });
    }
    case "object":
      return objectsOf(schema, inside, depth);
    default:
      throw new Error(`cannot make values of ${JSON.stringify(schema)}`);
  }
}

function textsOf(schema: JsonSchema): fc.Arbitrary<string> {
  if (typeof schema["pattern"] === "string") return fc.stringMatching(new RegExp(schema["pattern"], "u"), { size: "-1" });
  const min = number(schema["minLength"], 0);
  const max = number(schema["maxLength"], Number.MAX_SAFE_INTEGER);
  if (min === 0 && max === Number.MAX_SAFE_INTEGER) return anyText;
  // At the limit with characters that are two units each: JSON Schema counts characters.
  const atLimits = fc.constantFrom("a".repeat(Math.max(min, 1)), "😀".repeat(Math.min(max, 4096)));
  return fc.oneof({ weight: 9, arbitrary: fc.string({ unit: "binary", minLength: min, maxLength: Math.min(max, 20) }) }, { weight: 1, arbitrary: atLimits });
}

function objectsOf(schema: JsonSchema, inside: (part: JsonSchema) => fc.Arbitrary<unknown>, depth: number): fc.Arbitrary<unknown> {
  const properties = isSchema(schema["properties"]) ? schema["properties"] : {};
  const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  // A chain of causes has to end somewhere.
  const known = Object.entries(properties).filter(([key]) => depth < 6 || required.includes(key));
  const fields = fc.record(Object.fromEntries(known.map(([key, part]) => [key, isSchema(part) ? inside(part) : anyJson])), {
    requiredKeys: known.map(([key]) => key).filter((key) => required.includes(key)),
  });
  if (schema["additionalProperties"] === false) return fields;
  const [others] = schemasIn([schema["additionalProperties"]]);
  const keys = fc.constantFrom("constructor", "toString", "__proto__", "other", "ü", "").filter((key) => !Object.hasOwn(properties, key));
  const more = fc.dictionary(keys, others === undefined ? anyJson : inside(others), { maxKeys: 2 });
  return fc.tuple(fields, more).map(([own, further]) => ({ ...further, ...own }));
}

function follow(reference: string, root: JsonSchema): JsonSchema {
  let node: unknown = root;
  for (const step of reference.split("/").slice(1)) node = isSchema(node) ? node[step] : undefined;
  if (isSchema(node)) return node;
  throw new Error(`${reference} leads nowhere`);
}
