import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isDriverDefinition, type DriverDefinition } from "../driver/define-driver.js";
import { contractVersion } from "../driver/manifest.js";
import { suggest } from "./nearest.js";
import type { BackendElement } from "./parse-backends.js";

/** The npm scope of our own drivers. */
const scope = "@opensds";

/** Looks drivers up for the elements of a backends file. */
export interface DriverFinder {
  /** The driver of an element; a string says in words why there is none. */
  find(element: BackendElement): Promise<DriverDefinition | string>;
}

/**
 * Registered drivers first, then packages named after the kind, seen from the caller: never from where this package lies, which
 * a package manager may have put anywhere.
 */
export function createDriverFinder(registered: readonly DriverDefinition[], from: string | URL | undefined): DriverFinder {
  const byKind = new Map(registered.map((definition) => [definition.kind, definition]));
  const require = createRequire(callerUrl(from));

  const load = async (name: string): Promise<unknown> => {
    const resolved = require.resolve(name);
    const module: unknown = await import(pathToFileURL(resolved).href);
    return module;
  };

  return {
    find: async ({ kind, module }) => {
      const known = byKind.get(kind);
      if (module === undefined && known !== undefined) return acceptContract(known);
      const candidates = module === undefined ? [`${scope}/driver-${kind}`, `opensds-driver-${kind}`] : [module];
      for (const candidate of candidates) {
        let loaded: unknown;
        try {
          loaded = await load(candidate);
        } catch (error) {
          if (isNotFound(error)) continue;
          return `${candidate} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
        }
        const definition = definitionIn(loaded, kind);
        return definition === undefined ? `${candidate} exports no driver of kind ${kind}` : acceptContract(definition);
      }
      const hint = suggest(kind, [...byKind.keys()]);
      return `there is no driver of kind ${kind}: not registered (${hint}), and not installed as ${candidates.join(" or ")}`;
    },
  };
}

function callerUrl(from: string | URL | undefined): string {
  if (from === undefined) return pathToFileURL(join(process.cwd(), "caller.js")).href;
  const text = from.toString();
  return text.startsWith("file:") ? fileURLToPath(text) : text;
}

function definitionIn(module: unknown, kind: string): DriverDefinition | undefined {
  if (typeof module !== "object" || module === null) return undefined;
  return Object.values(module)
    .filter(isDriverDefinition)
    .find((definition) => definition.kind === kind);
}

function acceptContract(definition: DriverDefinition): DriverDefinition | string {
  if (definition.contract === contractVersion) return definition;
  return (
    `the driver ${definition.kind} was written for contract ${definition.contract}, and this @opensds/core speaks ` +
    `${contractVersion}: install versions of the two that belong together`
  );
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
}
