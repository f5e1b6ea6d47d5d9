import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** How the child is started. */
export interface ChildEntry {
  readonly path: string;
  readonly execArgv: readonly string[];
}

/**
 * Finds the child's entry: the configured one, the source beside this file where the package runs from source, else this package's
 * own subpath, which is there from the registry and in a workspace. A bundle has it only where the package is installed beside it.
 */
export function findChild(configured: string | undefined): ChildEntry | { readonly why: string } {
  if (configured !== undefined) {
    return existsSync(configured) ? { path: configured, execArgv: [] } : { why: `there is no file ${configured}, which \`childEntry\` names` };
  }
  try {
    const require = createRequire(import.meta.url);
    if (!import.meta.url.endsWith(".ts")) return { path: require.resolve("@opensds/driver-ceph/native-child"), execArgv: [] };
    const loader = pathToFileURL(require.resolve("tsx")).href;
    return {
      path: fileURLToPath(new URL("../../native-child.ts", import.meta.url)),
      execArgv: ["--conditions=@opensds/source", "--import", loader],
    };
  } catch {
    return { why: "the child's entry `@opensds/driver-ceph/native-child` cannot be found from here, as in a bundle; name it by `childEntry`" };
  }
}
