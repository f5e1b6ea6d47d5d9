import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { DriverDefinition } from "../driver/define-driver.js";
import { contractMistake } from "./contract-mistake.js";
import { driversIn, installedKinds, packagesOf } from "./installed-drivers.js";
import { suggest } from "./nearest.js";
import type { BackendElement } from "./parse-backends.js";
import { createModuleResolver, packageOf } from "./resolve-module.js";

/** Looks drivers up for the elements of a backends file. */
export interface DriverFinder {
  /** The kinds that are registered or installed under a driver's name. */
  readonly kinds: () => readonly string[];
  /** The driver of an element; a string says in words why there is none. */
  find(element: BackendElement): Promise<DriverDefinition | string>;
}

/**
 * Registered drivers first, then packages named after the kind, seen from the caller: never from where this package lies, which
 * a package manager may have put anywhere. A path in `module` starts from `directory`.
 */
export function createDriverFinder(registered: readonly DriverDefinition[], from: string | URL | undefined, directory: string): DriverFinder {
  const byKind = new Map(registered.map((definition) => [definition.kind, definition]));
  const resolver = createModuleResolver(from);
  const kinds = (): readonly string[] => [...new Set([...byKind.keys(), ...installedKinds(resolver)])];

  return {
    kinds,
    find: async ({ kind, module, definition }) => {
      const known = definition ?? (module === undefined ? byKind.get(kind) : undefined);
      if (known !== undefined) return contractMistake(known, undefined) ?? known;
      const candidates = module === undefined ? packagesOf(kind) : [module];
      for (const candidate of candidates) {
        const resolved = resolver.resolve(asPath(candidate, directory));
        if (resolved === undefined) continue;
        if ("broken" in resolved) return `${candidate} is installed but cannot be loaded: ${resolved.broken}`;
        return driverFrom(candidate, resolved.url, kind);
      }
      if (module !== undefined) return `the module ${module} cannot be found; give the name of an installed package or a path`;
      return (
        `there is no driver of kind ${kind}: not registered, and not installed as ${candidates.join(" or ")} ` +
        `where this program looks for packages; ${suggest(kind, kinds())}`
      );
    },
  };
}

async function driverFrom(candidate: string, url: string, kind: string): Promise<DriverDefinition | string> {
  let loaded: unknown;
  try {
    loaded = await import(url);
  } catch (error) {
    return `${candidate} is installed but fails while it is loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
  const drivers = driversIn(loaded);
  const definition = drivers.find((driver) => driver.kind === kind);
  if (definition !== undefined) return contractMistake(definition, packageOf(url)) ?? definition;
  const others = drivers.map((driver) => driver.kind);
  return `${candidate} exports no driver of kind ${kind}${others.length === 0 ? "" : `; ${suggest(kind, others)}`}`;
}

function asPath(module: string, directory: string): string {
  if (module.startsWith("file:")) return fileURLToPath(module);
  return module.startsWith(".") || isAbsolute(module) ? resolve(directory, module) : module;
}
