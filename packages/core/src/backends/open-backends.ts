import type { CallOptions } from "../driver/call-context.js";
import type { DriverDefinition } from "../driver/define-driver.js";
import { silentLogger, type Logger } from "../driver/logger.js";
import { issuePath } from "../driver/standard-schema.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import { SouthboundError } from "../errors/southbound-error.js";
import type { CallEnvironment } from "../guard/call-environment.js";
import { createGuardedDriver, type ConfiguredBackend } from "../guard/guarded-driver.js";
import type { Host } from "../host/host.js";
import { createDriverFinder, type DriverFinder } from "./find-driver.js";
import { mistakesError, type Mistake } from "./mistakes.js";
import { suggest } from "./nearest.js";
import { parseBackends, type BackendElement } from "./parse-backends.js";
import { readBackendsSource } from "./read-backends-file.js";

/** How to open backends. */
export interface OpenBackendsOptions {
  /** Drivers to use without looking for packages; bundlers follow these. Default: none. */
  readonly drivers?: readonly DriverDefinition[] | undefined;
  /** Whose packages to look through for drivers by name: `import.meta.url`, or a file's path. Default: the working directory. */
  readonly from?: string | URL | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
  /** Awaited before everything that changes a backend or the host: for crash tests. */
  readonly onStep?: CallEnvironment["onStep"];
}

/** The configured backends of one dock. */
export interface Backends extends AsyncDisposable {
  /** In the file's order. */
  readonly names: readonly string[];
  /** This machine's half, as the file's `host` configures it. */
  readonly host: Host;
  /** One backend's driver, not yet set up. NOT_FOUND `unknown-backend` for a name that the file does not have. */
  get(name: string): VolumeDriver;
  /** Sets all of them up, side by side; fails with the first failure after all have ended. */
  setup(options?: CallOptions): Promise<void>;
  /** Closes all of them in reverse order. */
  unset(options?: CallOptions): Promise<void>;
}

/**
 * Reads and checks a backends file (`.yaml`, `.json` or an object) and loads its drivers. Does no storage I/O; that begins with
 * `setup`. Every mistake is reported at once, with file and line: INVALID_ARGUMENT `bad-backends-file`.
 */
export async function openBackends(source: string | URL | object, options: OpenBackendsOptions = {}): Promise<Backends> {
  const read = await readBackendsSource(source);
  const { parsed, mistakes } = parseBackends(read);
  const environment: CallEnvironment = { log: options.log ?? silentLogger, onStep: options.onStep };

  const finder = createDriverFinder(options.drivers ?? [], options.from);
  const configured: ConfiguredBackend[] = [];
  const all: Mistake[] = [...mistakes];
  for (const element of parsed.elements) {
    const result = await configure(element, finder, parsed.timeoutMs);
    if ("mistakes" in result) all.push(...result.mistakes.map((one) => ({ ...one, line: read.lineOf(one.path) })));
    else configured.push(result);
  }
  if (all.length > 0) throw mistakesError(read.name, all);

  // Loaded here, not at import: what a host needs (processes) is no business of those who only want the types.
  const { createHost } = await import("../host/create-host.js");
  const host = createHost({ ...parsed.host, ...environment });
  const drivers = new Map(configured.map((one) => [one.name, createGuardedDriver(one, host, environment)]));
  return backendsOf(drivers, host);
}

async function configure(
  element: BackendElement,
  finder: DriverFinder,
  timeoutMs: number | undefined,
): Promise<ConfiguredBackend | { readonly mistakes: readonly Mistake[] }> {
  const path = ["backends", element.name, `${element.kind}_driver`];
  const definition = await finder.find(element);
  if (typeof definition === "string") return { mistakes: [{ path, message: definition }] };
  const result = await definition.config["~standard"].validate(element.options);
  if (result.issues === undefined) return { name: element.name, definition, config: result.value, timeoutMs };
  return {
    mistakes: result.issues.map((issue) => {
      const inside = issuePath(issue);
      return { path: inside === "" ? path : [...path, ...inside.split(".")], message: issue.message };
    }),
  };
}

function backendsOf(drivers: ReadonlyMap<string, VolumeDriver>, host: Host): Backends {
  const names = [...drivers.keys()];
  const unset = async (options?: CallOptions): Promise<void> => {
    const failures: unknown[] = [];
    for (const driver of [...drivers.values()].reverse()) {
      await driver.unset(options).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  return {
    names,
    host,
    get: (name) => {
      const driver = drivers.get(name);
      if (driver !== undefined) return driver;
      const message = `there is no backend ${JSON.stringify(name)}; ${suggest(name, names)}`;
      throw new SouthboundError("NOT_FOUND", "unknown-backend", message, { operation: "openBackends", resource: name, outcome: "none" });
    },
    setup: async (options) => {
      const results = await Promise.allSettled([...drivers.values()].map((driver) => driver.setup(options)));
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
    unset,
    [Symbol.asyncDispose]: () => unset(),
  };
}
