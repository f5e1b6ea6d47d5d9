import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { withAbsolutePaths } from "./rename-backend.js";
import type { BackendsTarget } from "./target.js";

/** A target whose backends file names no modules, and those that it named. */
export interface WithoutModules {
  readonly target: BackendsTarget;
  /** Paths, or names of packages. */
  readonly modules: readonly string[];
}

/** The same place with its drivers found among the registered ones: a copy of the backends file that names no modules. */
export async function withoutModules(target: BackendsTarget, directory: string): Promise<WithoutModules> {
  const { backends } = target;
  const modules: string[] = [];
  if (typeof backends === "object") {
    if (!("backends" in backends) || typeof backends.backends !== "object" || backends.backends === null) return { target, modules };
    const elements = Object.entries(backends.backends).map(([name, element]: [string, unknown]): [string, unknown] => {
      if (typeof element !== "object" || element === null || !("module" in element) || typeof element.module !== "string") return [name, element];
      const { module, ...rest } = element;
      modules.push(module);
      return [name, rest];
    });
    return { target: { ...target, backends: { ...backends, backends: Object.fromEntries(elements) } }, modules };
  }
  const text = withAbsolutePaths(await readFile(backends, "utf8"), dirname(resolve(backends)));
  const stripped = text.replace(/(^|[\s{,])(["']?)module\2\s*:\s*(["']?)([^"'\s,{}]+)\3\s*?,?/gm, (_all, before: string, _key: string, _quote: string, module: string) => {
    modules.push(module);
    return before;
  });
  const copy = join(directory, basename(backends));
  await writeFile(copy, stripped, { mode: 0o600 });
  return { target: { ...target, backends: copy }, modules };
}
