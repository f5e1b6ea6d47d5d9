import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { BackendsTarget } from "./target.js";

/**
 * The same place under another name: a copy of the backends file, in which only the backend's name differs. Undefined where
 * the name's line cannot be told.
 */
export async function renameBackend(target: BackendsTarget, name: string, directory: string): Promise<BackendsTarget | undefined> {
  const { backends, backend } = target;
  if (typeof backends === "object") {
    if (!("backends" in backends) || typeof backends.backends !== "object" || backends.backends === null) return undefined;
    const elements: object = backends.backends;
    const entries = Object.keys(elements).map((key): [string, unknown] => [key === backend ? name : key, Reflect.get(elements, key)]);
    return { ...target, backends: { ...backends, backends: Object.fromEntries(entries) }, backend: name };
  }
  const text = withAbsolutePaths(await readFile(backends, "utf8"), dirname(resolve(backends)));
  const key = new RegExp(`(^|[\\s{,])(["']?)${backend.replace(/[^\w]/g, "\\$&")}\\2(\\s*:)`);
  const from = text.search(/["']?backends["']?\s*:/);
  if (from === -1 || !key.test(text.slice(from + 1))) return undefined;
  const copy = join(directory, basename(backends));
  const renamed = text.slice(from + 1).replace(key, (_all, before: string, _quote: string, after: string) => `${before}"${name}"${after}`);
  await writeFile(copy, text.slice(0, from + 1) + renamed, { mode: 0o600 });
  return { ...target, backends: copy, backend: name };
}

/** Relative paths of modules and secrets start from the file's directory, which the copy leaves. */
export function withAbsolutePaths(text: string, directory: string): string {
  return text.replace(/(["']?\b(module|file)["']?\s*:\s*)(["']?)([^"'\s,{}]+)\3/g, (whole, before: string, key: string, _quote: string, path: string) => {
    const relative = key === "file" ? !isAbsolute(path) : /^\.\.?\//.test(path);
    return relative ? `${before}${JSON.stringify(resolve(directory, path))}` : whole;
  });
}
