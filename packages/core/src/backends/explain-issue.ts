import type { StandardIssue } from "../driver/standard-schema.js";
import { isSecret } from "../model/secret.js";
import { hideValues } from "./hide-values.js";
import { knownKeys, knownTexts, schemasAt, type JsonSchema } from "./json-schema.js";
import { isMapping } from "./mapping.js";
import { nearest, suggest } from "./nearest.js";
import { isSecretSchema } from "./secret-json-schema.js";

/** One thing that is wrong with a driver's options: where in them, and what. */
export interface OptionMistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Words what a driver's schema found wrong: with the nearest right name where the schema has a JSON side, and never with a value of
 * the file.
 */
export function explainIssues(issues: readonly StandardIssue[], options: unknown, schema: JsonSchema | undefined): readonly OptionMistake[] {
  const unknown = schema === undefined ? [] : unknownKeys(options, [], schema);
  const rest = issues
    .map((issue) => ({ issue, path: pathOf(issue, options) }))
    .filter(({ issue, path }) => !unknown.some((one) => isSame(one, path, issue.message) || isWhatWasMeant(one, path, options, schema)))
    .map(({ issue, path }) => ({ path, message: explain(issue.message, path, options, schema) }));
  return [...unknown, ...rest];
}

/** Keys that the schema does not know; validators differ in whether and how they report these. */
function unknownKeys(value: unknown, path: readonly (string | number)[], root: JsonSchema): readonly OptionMistake[] {
  if (isSecret(value)) return [];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => unknownKeys(item, [...path, index], root));
  if (!isMapping(value)) return [];
  const nodes = schemasAt(root, path);
  if (nodes.some(isSecretSchema)) return [];
  const known = knownKeys(nodes);
  return Object.entries(value).flatMap(([key, inner]) =>
    known !== undefined && !known.includes(key)
      ? [{ path: [...path, key], message: `unknown option; ${suggest(key, known)}` }]
      : unknownKeys(inner, [...path, key], root),
  );
}

/** Whether an issue says what an unknown key was already reported for: at the key, or at its mapping with the key in quotes. */
function isSame(unknown: OptionMistake, path: readonly (string | number)[], message: string): boolean {
  const [key, ...parent] = [...unknown.path].reverse();
  const at = path.join("\0");
  return at === unknown.path.join("\0") || (at === parent.reverse().join("\0") && message.includes(`"${String(key)}"`));
}

/** Whether a missing option is the one that an unknown key beside it was meant to be: that was said already. */
function isWhatWasMeant(unknown: OptionMistake, path: readonly (string | number)[], options: unknown, schema: JsonSchema | undefined): boolean {
  if (schema === undefined || !isMissing(path, options, schema)) return false;
  const parent = path.slice(0, -1);
  if (unknown.path.slice(0, -1).join("\0") !== parent.join("\0")) return false;
  return nearest(String(unknown.path.at(-1)), knownKeys(schemasAt(schema, parent)) ?? []) === path.at(-1);
}

/** Whether an option is not there that the schema wants. */
function isMissing(path: readonly (string | number)[], options: unknown, schema: JsonSchema): boolean {
  const required = schemasAt(schema, path.slice(0, -1)).flatMap((node): readonly unknown[] => (Array.isArray(node["required"]) ? node["required"] : []));
  return valueAt(options, path) === undefined && required.includes(path.at(-1));
}

function explain(message: string, path: readonly (string | number)[], options: unknown, schema: JsonSchema | undefined): string {
  const value = valueAt(options, path);
  const nodes = schema === undefined ? [] : schemasAt(schema, path);
  if (isSecret(value) && !nodes.some(isSecretSchema) && nodes.length > 0) return "this option takes no secret; write its value here";
  if (value !== undefined && !isSecret(value) && nodes.some(isSecretSchema)) {
    return "do not write the secret itself here; give { env: NAME } or { file: PATH }";
  }
  if (schema !== undefined && isMissing(path, options, schema)) return "this option is missing";
  const texts = knownTexts(nodes);
  if (typeof value === "string" && texts !== undefined && !texts.includes(value)) return `not a known value; ${suggest(value, texts)}`;
  const said = hideValues(message, options);
  return value === undefined && schema === undefined ? said + misspelt(path, options) : said;
}

/** A missing option, in a schema without a JSON side: perhaps it is there under a name much like it. */
function misspelt(path: readonly (string | number)[], options: unknown): string {
  const name = path.at(-1);
  const around = valueAt(options, path.slice(0, -1));
  if (typeof name !== "string" || !isMapping(around)) return "";
  const close = nearest(name, Object.keys(around));
  return close === undefined ? "" : ` (is it what you wrote as ${JSON.stringify(close)}?)`;
}

function pathOf(issue: StandardIssue, options: unknown): readonly (string | number)[] {
  let around = options;
  return (issue.path ?? []).map((part) => {
    const key = typeof part === "object" ? part.key : part;
    // Some validators give an index as text.
    const step = Array.isArray(around) ? Number(key) : String(key);
    around = valueAt(around, [step]);
    return step;
  });
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (Array.isArray(found)) found = found[Number(key)];
    else if (isMapping(found) && Object.hasOwn(found, key)) found = found[key];
    else return undefined;
  }
  return found;
}
