import { existsSync, readFileSync, statSync } from "node:fs";
// The whole module: what people put before an ESM bundle declares a `createRequire` of its own.
import nodeModule from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMapping } from "./mapping.js";

/** The URL of a module, or what is wrong with what is installed under its name. */
type Resolved = { readonly url: string } | { readonly broken: string };

/** Looks modules up as one file of the caller's would. */
export interface ModuleResolver {
  /** Undefined: nothing of this name is installed. */
  resolve(specifier: string): Resolved | undefined;
  /** The `node_modules` folders that are looked through, nearest first. */
  folders(): readonly string[];
}

/** The conditions of an `import` in Node. */
const importConditions = new Set(["import", "module-sync", "node", "default"]);

/**
 * Node's own `import.meta.resolve` takes no parent, so this asks `require.resolve`, which knows every package manager's layout and
 * the process's `--conditions`. It refuses packages that export for `import` only; of these the `exports` are read here.
 */
export function createModuleResolver(from: string | URL | undefined): ModuleResolver {
  const require = nodeModule.createRequire(callerFile(from));

  const packageFolder = (specifier: string): string | undefined => {
    if (isAbsolute(specifier)) return undefined;
    const name = packageName(specifier);
    return (require.resolve.paths(name) ?? []).map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, "package.json")));
  };

  return {
    resolve: (specifier) => {
      try {
        return { url: urlOf(require.resolve(specifier)) };
      } catch (error) {
        const folder = packageFolder(specifier);
        if (folder === undefined) return isNotFound(error) ? undefined : { broken: String(error) };
        const target = importTarget(readExports(folder), `.${specifier.slice(packageName(specifier).length)}`);
        if (target === undefined && !isNotFound(error)) return { broken: "its package.json exports nothing to import under this name" };
        const file = target === undefined ? undefined : join(folder, target);
        if (file !== undefined && existsSync(file)) return { url: urlOf(file) };
        return { broken: "the file that its package.json names is missing: was it built?" };
      }
    },
    folders: () => require.resolve.paths("any") ?? [],
  };
}

/** Name and version of the package that a module belongs to. */
export function packageOf(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  for (let folder = dirname(fileURLToPath(url)); ; folder = dirname(folder)) {
    const { name, version } = readManifest(folder);
    if (typeof name === "string") return typeof version === "string" ? `${name} ${version}` : name;
    if (dirname(folder) === folder) return undefined;
  }
}

/** A file to look from: a URL, a file's path or a directory; by default the working directory. */
function callerFile(from: string | URL | undefined): string {
  const text = from?.toString() ?? process.cwd();
  const path = text.startsWith("file:") ? fileURLToPath(text) : resolve(text);
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isDirectory ? join(path, "caller.js") : path;
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function readExports(folder: string): unknown {
  return readManifest(folder)["exports"];
}

function readManifest(folder: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return isMapping(manifest) ? manifest : {};
  } catch {
    return {};
  }
}

/** The file that a package exports for `import` under a subpath (`.` or `./x`); no patterns, which drivers have no use for. */
function importTarget(exported: unknown, subpath: string): string | undefined {
  const hasSubpaths = isMapping(exported) && Object.keys(exported).some((key) => key.startsWith("."));
  if (hasSubpaths) return firstTarget(exported[subpath]);
  return subpath === "." ? firstTarget(exported) : undefined;
}

function firstTarget(entry: unknown): string | undefined {
  if (typeof entry === "string") return entry;
  const choices: readonly unknown[] = Array.isArray(entry)
    ? entry
    : isMapping(entry)
      ? Object.entries(entry).flatMap(([condition, inner]) => (importConditions.has(condition) ? [inner] : []))
      : [];
  for (const choice of choices) {
    const target = firstTarget(choice);
    if (target !== undefined) return target;
  }
  return undefined;
}

function urlOf(path: string): string {
  return isAbsolute(path) ? pathToFileURL(path).href : path;
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
}
