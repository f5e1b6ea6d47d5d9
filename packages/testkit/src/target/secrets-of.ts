import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { BackendsTarget } from "./target.js";

/** Shorter ones stand in too many texts by chance. */
const shortest = 4;

/**
 * The secrets that a backends file refers to, as `{ env: NAME }` or `{ file: PATH }`. Read from the text: what cannot be read is for
 * `openBackends` to complain about. One too many is harmless.
 */
export function secretsOf({ backends }: BackendsTarget): readonly string[] {
  const text = typeof backends === "object" ? JSON.stringify(backends) : existsSync(backends) ? readFileSync(backends, "utf8") : "";
  const directory = typeof backends === "object" ? process.cwd() : dirname(resolve(backends));
  const named = (key: string, value: string): string[] =>
    [...text.matchAll(new RegExp(`["']?\\b${key}["']?\\s*:\\s*(?:"([^"\\n]+)"|'([^'\\n]+)'|(${value}))`, "g"))].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
  const variables = named("env", "\\w+").map((name) => process.env[name] ?? "");
  const files = named("file", "[^\\s,}\\]]+").map((path) => readQuietly(resolve(directory, path)));
  return [...new Set([...variables, ...files])].filter((secret) => secret.length >= shortest);
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/[\r\n]+$/, "");
  } catch {
    return "";
  }
}
