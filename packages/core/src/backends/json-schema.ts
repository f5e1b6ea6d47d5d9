import { isMapping } from "./mapping.js";

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What to do with `$ref` in a schema that refers to itself. */
const maxReferences = 16;

/** The parts of a schema that speak about the value at a path: every branch of `anyOf`, `oneOf` and `allOf`, references followed. */
export function schemasAt(root: JsonSchema, path: readonly (string | number)[]): readonly JsonSchema[] {
  let nodes = branches(root, root);
  for (const key of path) {
    nodes = nodes.flatMap((node) => inside(node, key)).flatMap((node) => branches(node, root));
  }
  return nodes;
}

/** The names that these parts know for the keys of a mapping; undefined when one of them takes any key. */
export function knownKeys(nodes: readonly JsonSchema[]): readonly string[] | undefined {
  const mappings = nodes.filter((node) => isMapping(node["properties"]));
  if (mappings.length === 0) return undefined;
  const closed = mappings.every((node) => node["additionalProperties"] === false && node["patternProperties"] === undefined);
  if (!closed) return undefined;
  return [...new Set(mappings.flatMap((node) => (isMapping(node["properties"]) ? Object.keys(node["properties"]) : [])))];
}

/** The texts that these parts allow, where they list them; undefined when one of them takes other texts too. */
export function knownTexts(nodes: readonly JsonSchema[]): readonly string[] | undefined {
  const texts = new Set<string>();
  for (const node of nodes) {
    if (["anyOf", "oneOf", "allOf", "$ref"].some((key) => key in node)) continue;
    const listed: readonly unknown[] | undefined = Array.isArray(node["enum"]) ? node["enum"] : "const" in node ? [node["const"]] : undefined;
    if (listed === undefined && (node["type"] === undefined || node["type"] === "string")) return undefined;
    for (const text of listed ?? []) if (typeof text === "string") texts.add(text);
  }
  return texts.size === 0 ? undefined : [...texts];
}

/** Moves a schema to another place in a larger one: its own references keep pointing into it. */
export function relocate(schema: JsonSchema, pointer: string): JsonSchema {
  const isOwnReference = (key: string, value: unknown): value is string => key === "$ref" && typeof value === "string" && value.startsWith("#");
  const move = (node: JsonSchema): JsonSchema =>
    Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, isOwnReference(key, value) ? pointer + value.slice(1) : moveAny(value)]),
    );
  const moveAny = (value: unknown): unknown => (Array.isArray(value) ? value.map(moveAny) : isMapping(value) ? move(value) : value);
  // `$schema` belongs at the top of a document, `$id` would change what references start from.
  return Object.fromEntries(Object.entries(move(schema)).filter(([key]) => key !== "$schema" && key !== "$id"));
}

function inside(node: JsonSchema, key: string | number): readonly JsonSchema[] {
  if (typeof key === "number") {
    const items: unknown = Array.isArray(node["items"]) ? node["items"][key] : node["items"];
    return isMapping(items) ? [items] : [];
  }
  const properties = node["properties"];
  const named = isMapping(properties) && Object.hasOwn(properties, key) ? properties[key] : node["additionalProperties"];
  return isMapping(named) ? [named] : [];
}

function branches(node: JsonSchema, root: JsonSchema, depth = 0): readonly JsonSchema[] {
  if (depth > maxReferences) return [];
  const parts: unknown[] = ["anyOf", "oneOf", "allOf"].flatMap((key): unknown[] => (Array.isArray(node[key]) ? node[key] : []));
  const reference = node["$ref"];
  if (typeof reference === "string") parts.push(follow(reference, root));
  return [node, ...parts.filter(isMapping).flatMap((part) => branches(part, root, depth + 1))];
}

function follow(reference: string, root: JsonSchema): unknown {
  if (!reference.startsWith("#")) return undefined;
  let node: unknown = root;
  for (const step of reference.slice(1).split("/").filter((part) => part !== "")) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    node = isMapping(node) ? node[key] : Array.isArray(node) ? node[Number(key)] : undefined;
  }
  return node;
}
