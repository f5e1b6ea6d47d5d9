import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../", import.meta.url));

/** One thing that users import. */
export interface EntryPoint {
  /** As users write it: `@opensds/core/host`. */
  readonly name: string;
  /** The package's folder. */
  readonly folder: string;
  /** The built declarations that its users' compiler reads. */
  readonly declarations: string;
  /** Whether it is the package's main one, whose report also shows what its declarations use without exporting it. */
  readonly main: boolean;
  /** Name of its report: `core.host.api.md`. */
  readonly report: string;
}

/** What the published packages export, as their manifests say. */
export async function entryPoints(): Promise<readonly EntryPoint[]> {
  const found: EntryPoint[] = [];
  for (const name of (await readdir(join(repository, "packages"))).sort()) {
    const folder = join(repository, "packages", name);
    const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    for (const [subpath, entry] of fields(field(manifest, "exports"))) {
      const types = field(entry, "types");
      if (typeof types !== "string") continue;
      const report = `${[name, ...subpath.split("/").slice(1)].join(".")}.api.md`;
      found.push({ name: `@opensds/${name}${subpath.slice(1)}`, folder, declarations: join(folder, types), main: subpath === ".", report });
    }
  }
  return found;
}

function fields(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

function field(value: unknown, name: string): unknown {
  return fields(value).find(([key]) => key === name)?.[1];
}
