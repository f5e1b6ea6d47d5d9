import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SouthboundError } from "../errors/southbound-error.js";
import { mistakesError } from "./mistakes.js";

/** A backends file as read: its data, and where each key stands. */
export interface BackendsSource {
  /** The file's path, or `backends` for an object. */
  readonly name: string;
  readonly data: unknown;
  /** The line of the deepest part of a path that the file has. */
  lineOf(path: readonly (string | number)[]): number | undefined;
}

/** Reads a backends file (YAML, of which JSON is a part) or takes an object as it is. */
export async function readBackendsSource(source: string | URL | object): Promise<BackendsSource> {
  if (typeof source === "object" && !(source instanceof URL)) {
    return { name: "backends", data: source, lineOf: () => undefined };
  }
  const path = source instanceof URL ? fileURLToPath(source) : resolve(source);
  const text = await readText(path);
  // Loaded when there is a file to read: importing this package stays cheap for those who hand in an object.
  const { LineCounter, parseDocument, isMap, isSeq, isPair, isScalar } = await import("yaml");
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  if (document.errors.length > 0) {
    const mistakes = document.errors.map((error) => ({
      path: [],
      line: counter.linePos(error.pos[0]).line,
      message: error.message,
    }));
    throw mistakesError(path, mistakes);
  }

  const lineOf = (wanted: readonly (string | number)[]): number | undefined => {
    let node: unknown = document.contents;
    let offset: number | undefined;
    for (const key of wanted) {
      if (isMap(node)) {
        const pair: unknown = node.items.find((item) => isScalar(item.key) && item.key.value === key);
        if (!isPair(pair)) break;
        offset = isScalar(pair.key) ? pair.key.range?.[0] : offset;
        node = pair.value;
      } else if (isSeq(node) && typeof key === "number") {
        const item: unknown = node.items[key];
        offset = isScalar(item) || isMap(item) ? item.range?.[0] : offset;
        node = item;
      } else break;
    }
    return offset === undefined ? undefined : counter.linePos(offset).line;
  };
  return { name: path, data: document.toJS({ maxAliasCount: 100 }), lineOf };
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
