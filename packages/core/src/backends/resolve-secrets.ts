import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { isSecret, secret, type Secret } from "../model/secret.js";
import { isPlainMapping } from "./mapping.js";
import type { Mistake } from "./mistakes.js";
import { nearest } from "./nearest.js";

/** How a backends file refers to a secret that stands elsewhere: in an environment variable, or in a file. */
export type SecretReference = { readonly env: string } | { readonly file: string };

/** A driver's options with their secrets read, and what was wrong with references. */
export interface ResolvedSecrets {
  readonly options: unknown;
  readonly mistakes: readonly Mistake[];
}

/**
 * Replaces every `{ env: NAME }` and `{ file: PATH }` inside a driver's options by a {@link Secret}, before the driver's schema sees
 * them. Relative paths start from `directory`. Line ends at a file's end are not part of the secret.
 */
export async function resolveSecrets(options: unknown, path: readonly (string | number)[], directory: string): Promise<ResolvedSecrets> {
  const mistakes: Mistake[] = [];

  const read = async (reference: Readonly<Record<string, unknown>>, at: readonly (string | number)[]): Promise<Secret | undefined> => {
    const result =
      "env" in reference && "file" in reference
        ? "a secret stands in an environment variable or in a file: give `env` or `file`, not both"
        : "env" in reference
          ? fromEnvironment(reference["env"])
          : await fromFile(reference["file"], directory);
    if (typeof result === "object") return result;
    mistakes.push({ path: at, message: result });
    return undefined;
  };

  const walk = async (value: unknown, at: readonly (string | number)[], top: boolean): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map((item: unknown, index) => walk(item, [...at, index], false)));
    if (!isPlainMapping(value) || isSecret(value)) return value;
    if (!top && refersToSecret(value)) return read(value, at);
    const entries = await Promise.all(
      Object.entries(value).map(async ([key, inner]) => [key, await walk(inner, [...at, key], false)] as const),
    );
    return Object.fromEntries(entries);
  };

  return { options: await walk(options, path, true), mistakes };
}

/** `env` or `file` and nothing else. A driver can have no option that is a mapping with just one of these keys. */
function refersToSecret(value: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key === "env" || key === "file");
}

// A secret written where its name belongs must not show: what does not look like a name is not repeated.

function fromEnvironment(name: unknown): Secret | string {
  if (typeof name !== "string" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return "env is the name of an environment variable: letters, digits and underscores; its value is the secret";
  }
  const value = process.env[name];
  if (value !== undefined && value !== "") return secret(value);
  const printable = /^[A-Z_][A-Z0-9_]*$/.test(name);
  const variable = printable ? `the environment variable ${name}` : "the environment variable that env names";
  if (value === "") return `${variable} is empty; set it to the secret`;
  const close = printable ? nearest(name, Object.keys(process.env)) : undefined;
  return `${variable} is not set; ${close === undefined ? "set it to the secret" : `did you mean ${close}?`}`;
}

async function fromFile(path: unknown, directory: string): Promise<Secret | string> {
  if (typeof path !== "string" || path === "" || path.includes("\0")) return "file is the path of a file that holds the secret";
  const full = resolve(directory, path);
  const named = /[\\/]/.test(path) ? `the file ${full}` : `the file that is named here, looked for in ${directory},`;
  let text: string;
  try {
    text = await readFile(full, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return code === "ENOENT" ? `${named} does not exist` : `${named} cannot be read${code === "" ? "" : ` (${code})`}`;
  }
  const value = text.replace(/[\r\n]+$/, "");
  return value === "" ? `${named} is empty; put the secret into it` : secret(value);
}
