import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isDriverDefinition, type DriverDefinition } from "../driver/define-driver.js";
import { isMapping } from "./mapping.js";
import { createModuleResolver, type ModuleResolver } from "./resolve-module.js";

/** The npm scope of our own drivers. */
const scope = "@opensds";
const ownPrefix = "driver-";
const othersPrefix = "opensds-driver-";

/** The packages that may hold the driver of a kind, in the order in which they are tried. */
export function packagesOf(kind: string): readonly string[] {
  return [`${scope}/${ownPrefix}${kind}`, `${othersPrefix}${kind}`];
}

/** The kinds of the packages that are installed under a driver's name where the caller looks for packages. */
export function installedKinds(resolver: ModuleResolver): readonly string[] {
  const kinds = resolver.folders().flatMap((folder) => [
    ...namesIn(join(folder, scope), ownPrefix),
    ...namesIn(folder, othersPrefix),
  ]);
  return [...new Set(kinds)].sort();
}

/**
 * Loads every driver that is installed under a driver's name (`@opensds/driver-*`, `opensds-driver-*`): for `backendsSchema`. Packages
 * that cannot be loaded are left out: `openBackends` says what is wrong with one that is used.
 * @param from Whose packages to look through: `import.meta.url`, or a path. Default: the working directory.
 */
export async function installedDrivers(from?: string | URL): Promise<readonly DriverDefinition[]> {
  const resolver = createModuleResolver(from);
  const found = new Map<string, DriverDefinition>();
  for (const name of installedKinds(resolver).flatMap(packagesOf)) {
    const resolved = resolver.resolve(name);
    if (resolved === undefined || "broken" in resolved) continue;
    const loaded: unknown = await import(resolved.url).catch(() => undefined);
    for (const driver of driversIn(loaded)) if (!found.has(driver.kind)) found.set(driver.kind, driver);
  }
  return [...found.values()];
}

/** The drivers that a module exports, by name or as default; of a CommonJS module too, whose exports are its default. */
export function driversIn(module: unknown): readonly DriverDefinition[] {
  if (!isMapping(module)) return [];
  const values = [...Object.values(module), ...(isMapping(module["default"]) ? Object.values(module["default"]) : [])];
  return [...new Set(values)].filter(isDriverDefinition);
}

function namesIn(folder: string, prefix: string): readonly string[] {
  try {
    return readdirSync(folder).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  } catch {
    return [];
  }
}
