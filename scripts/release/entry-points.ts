import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What a published package lets its users import: code and JSON. */
export interface EntryPoints {
  readonly code: readonly string[];
  readonly json: readonly string[];
}

/** Reads the entry points of installed packages from their manifests. */
export async function entryPointsOf(modules: string, packages: readonly string[]): Promise<EntryPoints> {
  const code: string[] = [];
  const json: string[] = [];
  for (const name of packages) {
    const manifest: unknown = JSON.parse(await readFile(join(modules, name, "package.json"), "utf8"));
    const exported: unknown = typeof manifest === "object" && manifest !== null && "exports" in manifest ? manifest.exports : {};
    const subpaths = typeof exported === "object" && exported !== null ? Object.keys(exported) : [];
    for (const subpath of subpaths) {
      const full = `${name}${subpath.slice(1)}`;
      if (!subpath.endsWith(".json")) code.push(full);
      else json.push(full.replace("*", "volume"));
    }
  }
  return { code, json };
}
