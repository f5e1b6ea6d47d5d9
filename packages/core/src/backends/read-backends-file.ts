import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SouthboundError } from "../errors/southbound-error.js";
import { mistakesError } from "./mistakes.js";

/** A backends file as read: its data, and where each key stands. */
export interface BackendsSource {
  /** The file's path, or `backends` for an object. */
  readonly name: string;
  readonly data: unknown;
  /** Where relative paths in it start: the file's directory; for an object the working directory. */
  readonly directory: string;
  /** The line of the deepest part of a path that the file has. */
  lineOf(path: readonly (string | number)[]): number | undefined;
}

/** Reads a backends file (YAML, of which JSON is a part) or takes an object as it is. */
export async function readBackendsSource(source: string | URL | object): Promise<BackendsSource> {
  if (typeof source === "object" && !(source instanceof URL)) {
    return { name: "backends", data: source, directory: process.cwd(), lineOf: () => undefined };
  }
  const path = source instanceof URL ? fileURLToPath(source) : resolve(source);
  return parseText(path, await readText(path));
}

async function parseText(path: string, text: string): Promise<BackendsSource> {
  // Loaded when there is a file to read: importing this package stays cheap for those who hand in an object.
  const { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } = await import("yaml");
  const counter = new LineCounter();
  // `merge`: two backends that differ in one option share the rest by `<<: *name`.
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, merge: true });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    const mistakes = problems.map((problem) => ({
      path: [],
      line: counter.linePos(problem.pos[0]).line,
      message: messages.get(problem.code) ?? withoutText(problem.message),
    }));
    throw mistakesError(path, mistakes);
  }

  const lineOf = (wanted: readonly (string | number)[]): number | undefined => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? node.range?.[0] : undefined;
    for (const key of wanted) {
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair: unknown = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
        if (!isPair(pair)) break;
        offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
        node = pair.value;
      } else if (isSeq(node) && typeof key === "number") {
        node = node.items[key];
        offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
      } else break;
    }
    return offset === undefined ? undefined : counter.linePos(offset).line;
  };
  const read = { name: path, directory: dirname(path), lineOf };
  try {
    return { ...read, data: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    const message = error instanceof Error ? withoutText(error.message) : "cannot be read as YAML";
    throw mistakesError(path, [{ path: [], message }]);
  }
}

/** Instead of messages that repeat a whole word of the file. */
const messages: ReadonlyMap<string, string> = new Map([
  ["TAG_RESOLVE_FAILED", "a backends file has no tags; write the value without `!`"],
  ["BAD_DIRECTIVE", "a backends file has no directives; remove the line that begins with `%`"],
]);

/** A YAML message without what it repeats of the file: that may be a password in the wrong place. */
function withoutText(message: string): string {
  return message.replace(/(?<=[\w)]): .*$/s, "").replace(/(?<=Invalid escape sequence) .*$/s, "");
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const message = missing ? `there is no backends file ${path}` : `cannot read the backends file ${path}`;
    throw new SouthboundError(missing ? "NOT_FOUND" : "PERMISSION_DENIED", "backends-file-unreadable", message, {
      operation: "openBackends",
      resource: path,
      outcome: "none",
      cause: error,
    });
  }
}
