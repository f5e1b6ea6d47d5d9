import { existsSync } from "node:fs";
import { openBackends, type Backends, type Logger, type VolumeDriver } from "@opensds/core";
import { UsageError } from "./usage-error.js";

/** Where a backends file is looked for when none is named. */
export const usualFiles = ["backends.yaml", "backends.yml", "backends.json", "/etc/opensds/backends.yaml"] as const;

/** What names the backends to work on. */
export interface TargetChoice {
  /** The backends file; default `$OPENSDS_BACKENDS`, then the usual places. */
  readonly file: string | undefined;
  /** The backend in it; default `$OPENSDS_BACKEND`, then the only one. */
  readonly backend: string | undefined;
  readonly log: Logger | undefined;
  readonly call: { readonly signal: AbortSignal; readonly timeoutMs?: number };
}

/** The backends that a command works on: opened and set up when they are asked for. */
export interface Target {
  /** The one backend that was named, or the only one of the file, set up. */
  one(): Promise<VolumeDriver>;
  /** The named backend, or all of the file; not set up. */
  all(): Promise<readonly VolumeDriver[]>;
  /** Makes sure that a backend of `all` is set up. */
  setUp(driver: VolumeDriver): Promise<VolumeDriver>;
  close(): Promise<void>;
}

/** Finds the backends file: what was said, then the environment, then the usual places. */
export function findBackendsFile(named: string | undefined): string {
  const said = named ?? (process.env["OPENSDS_BACKENDS"] === "" ? undefined : process.env["OPENSDS_BACKENDS"]);
  const file = said ?? usualFiles.find((path) => existsSync(path));
  if (file !== undefined) return file;
  throw new UsageError(`there is no backends file; name one by --backends FILE or OPENSDS_BACKENDS, or put it at ${usualFiles.join(" or ")}`);
}

/** Makes the target; nothing is read or connected yet. */
export function createTarget({ file, backend, log, call }: TargetChoice): Target {
  let opened: Promise<Backends> | undefined;
  // Drivers are the operator's: they are looked for where the command is used, not where it is installed.
  const open = (): Promise<Backends> => (opened ??= openBackends(findBackendsFile(file), { from: process.cwd(), log }));
  const chosen = backend ?? (process.env["OPENSDS_BACKEND"] === "" ? undefined : process.env["OPENSDS_BACKEND"]);
  const setUp = async (driver: VolumeDriver): Promise<VolumeDriver> => {
    await driver.setup(call);
    return driver;
  };
  const all = async (): Promise<readonly VolumeDriver[]> => {
    const backends = await open();
    return chosen === undefined ? backends.names.map((name) => backends.get(name)) : [backends.get(chosen)];
  };
  return {
    all,
    setUp,
    one: async () => {
      const [driver, ...others] = await all();
      if (driver !== undefined && others.length === 0) return setUp(driver);
      const names = (await open()).names.join(", ");
      throw new UsageError(`which backend? Name one by --backend NAME or OPENSDS_BACKEND: ${names}`);
    },
    close: async () => {
      await (await opened?.catch(() => undefined))?.unset();
    },
  };
}
