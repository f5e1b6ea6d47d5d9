import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./root.js";

/** Where the list stands, below the root. */
export const unprovenPath = "docs/spec/unproven-rules.json";

/** The rules at level MUST that no check cites. */
export interface UnprovenRules {
  /** For good, by number, with the reason why. */
  readonly exceptions: Readonly<Record<string, string>>;
  /** Until their checks are written. */
  readonly pending: readonly string[];
}

/** Reads the list. */
export async function readUnprovenRules(): Promise<UnprovenRules> {
  const value: unknown = JSON.parse(await readFile(join(root, unprovenPath), "utf8"));
  if (isList(value)) return value;
  throw new Error(`${unprovenPath} is no { exceptions: { RULE: why }, pending: [RULE] }`);
}

function isList(value: unknown): value is UnprovenRules {
  if (typeof value !== "object" || value === null || !("exceptions" in value) || !("pending" in value)) return false;
  const { exceptions, pending } = value;
  const isText = (text: unknown): boolean => typeof text === "string";
  return typeof exceptions === "object" && exceptions !== null && Object.values(exceptions).every(isText) && Array.isArray(pending) && pending.every(isText);
}
