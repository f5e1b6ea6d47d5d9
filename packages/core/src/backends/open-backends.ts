import type { DriverDefinition } from "../driver/define-driver.js";
import { silentLogger, type Logger } from "../driver/logger.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import type { Operation } from "../errors/operations.js";
import type { CallEnvironment } from "../guard/call-environment.js";
import { createGuardedDriver } from "../guard/guarded-driver.js";
import { logObserver } from "../guard/log-observer.js";
import { channelObserver } from "../guard/observe.js";
import { openTelemetryObserver } from "../guard/otel-observer.js";
import type { TypedBackend } from "./backend.js";
import { backendsOf, type Backends } from "./backends.js";
import { configureBackend, type ConfiguredElement } from "./configure-backend.js";
import { createDriverFinder } from "./find-driver.js";
import { mistakesError, type Mistake } from "./mistakes.js";
import type { OpenedBy } from "./opened-by.js";
import { parseBackends } from "./parse-backends.js";
import { readBackendsSource } from "./read-backends-file.js";

export type { Backends } from "./backends.js";

/** How to open backends. */
export interface OpenBackendsOptions {
  /** Drivers to use without looking for packages; bundlers follow these. Default: none. */
  readonly drivers?: readonly DriverDefinition[] | undefined;
  /** Whose packages to look through for drivers by name: `import.meta.url`, or a path. Default: the working directory. */
  readonly from?: string | URL | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
  /** Awaited before everything that changes a backend or the host: for crash tests. */
  readonly onStep?: ((operation: Operation, step: string) => Promise<void> | void) | undefined;
}

/** What a backends file says, as an object. */
export interface BackendsObject<Elements> {
  /** Name of a backend: `backend(driver, options)`, or an element as in the file. */
  readonly backends: Elements;
  readonly host?: { readonly id?: string | undefined; readonly runtimeDir?: string | undefined } | undefined;
  /** Milliseconds for calls that give no timeout of their own. Default 60 000. */
  readonly timeoutMs?: number | undefined;
}

/** The drivers of those elements that `backend()` made. */
export type DriversOf<Elements> = {
  readonly [Name in keyof Elements as Elements[Name] extends TypedBackend ? Name : never]: Elements[Name] extends TypedBackend<
    infer Definition
  >
    ? OpenedBy<Definition>
    : VolumeDriver;
};

/**
 * Reads and checks a backends file (`.yaml`, `.json` or an object) and loads its drivers. Does no storage I/O; that begins with
 * `setup`. Every mistake is reported at once, with file and line: INVALID_ARGUMENT `bad-backends-file`; no message repeats a value of
 * a driver's options.
 */
export function openBackends<const Elements extends Readonly<Record<string, object>>>(
  source: BackendsObject<Elements>,
  options?: OpenBackendsOptions,
): Promise<Backends<DriversOf<Elements>>>;
export function openBackends(source: string | URL | object, options?: OpenBackendsOptions): Promise<Backends>;
export async function openBackends(source: string | URL | object, options: OpenBackendsOptions = {}): Promise<Backends> {
  const read = await readBackendsSource(source);
  const finder = createDriverFinder(options.drivers ?? [], options.from, read.directory);
  const { parsed, mistakes } = parseBackends(read, finder.kinds);

  const configured: ConfiguredElement[] = [];
  const all: Mistake[] = [...mistakes];
  for (const element of parsed.elements) {
    const result = await configureBackend(element, finder, read.directory, parsed.timeoutMs);
    if ("mistakes" in result) all.push(...result.mistakes.map((one) => ({ ...one, line: read.lineOf(one.path) })));
    else configured.push(result);
  }
  if (all.length > 0) throw mistakesError(read.name, all);

  const { log = silentLogger, onStep } = options;
  const telemetry = await openTelemetryObserver();
  const observers = [channelObserver, ...(telemetry === undefined ? [] : [telemetry]), ...(log === silentLogger ? [] : [logObserver(log)])];
  const environment: CallEnvironment = { log, onStep, observers };
  // Loaded here, not at import: what a host needs (processes) is no business of those who only want the types.
  const { createHost } = await import("../host/create-host.js");
  const host = createHost({ ...parsed.host, ...environment });
  const drivers = configured.map((one) => [one.name, one.remember(createGuardedDriver(one, host, environment))] as const);
  return backendsOf(new Map(drivers), host);
}
