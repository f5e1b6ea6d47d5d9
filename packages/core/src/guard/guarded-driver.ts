import type { DriverDefinition } from "../driver/define-driver.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import type { Host } from "../host/host.js";
import { attachCalls } from "./attach-calls.js";
import type { CallEnvironment } from "./call-environment.js";
import type { DriverParts } from "./driver-parts.js";
import { createInFlight } from "./in-flight.js";
import { createLifecycle } from "./lifecycle.js";
import { mountCalls } from "./mount-calls.js";
import { volumeCalls } from "./volume-calls.js";

/** One element of the backends file, ready to be set up. */
export interface ConfiguredBackend {
  readonly name: string;
  readonly definition: DriverDefinition;
  /** What the definition's own schema made of the element. */
  readonly config: unknown;
  /** Milliseconds for calls that give none. */
  readonly timeoutMs: number | undefined;
}

/** Puts the guard around a configured backend: what the dock calls. Does no I/O. */
export function createGuardedDriver(configured: ConfiguredBackend, host: Host, environment: CallEnvironment): VolumeDriver {
  const { name, definition, config, timeoutMs } = configured;
  const lifecycle = createLifecycle(name, timeoutMs, environment, (ctx) => definition.connect(config, ctx));
  const parts: DriverParts = {
    backendName: name,
    host,
    lifecycle,
    inFlight: createInFlight(environment),
    environment,
    spec: (operation, resource) => ({ operation, backend: name, resource, defaultTimeoutMs: timeoutMs }),
  };
  const unset: VolumeDriver["unset"] = (options) => lifecycle.unset(options);

  return {
    backend: name,
    kind: definition.kind,
    get manifest() {
      return lifecycle.opened(parts.spec("getVolume")).backend.manifest;
    },
    setup: async (options) => (await lifecycle.setup(options)).manifest,
    unset,
    ...volumeCalls(parts),
    ...attachCalls(parts),
    ...mountCalls(parts),
    [Symbol.asyncDispose]: () => unset(),
  };
}
