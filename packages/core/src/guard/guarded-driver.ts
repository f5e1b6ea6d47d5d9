import type { CallContext } from "../driver/call-context.js";
import type { DriverDefinition } from "../driver/define-driver.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import { facetNames, type FacetMap } from "../facets/facets.js";
import type { Host } from "../host/host.js";
import { attachCalls } from "./attach-calls.js";
import type { CallEnvironment } from "./call-environment.js";
import type { DriverParts } from "./driver-parts.js";
import { checkManifest } from "./check-manifest.js";
import { facetsOn, facetsProblem, guardFacets } from "./facets/open-facets.js";
import { createInFlight } from "./in-flight.js";
import { createLifecycle, type OpenBackend } from "./lifecycle.js";
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
  const { name, definition, timeoutMs } = configured;
  const lifecycle = createLifecycle(name, timeoutMs, environment, (ctx) => connect(configured, ctx));
  const parts: DriverParts = {
    backendName: name,
    host,
    lifecycle,
    inFlight: createInFlight(environment),
    environment,
    spec: (operation, resource) => ({ operation, backend: name, resource, defaultTimeoutMs: timeoutMs }),
  };
  const unset: VolumeDriver["unset"] = (options) => lifecycle.unset(options);

  const driver: VolumeDriver = {
    backend: name,
    kind: definition.kind,
    get manifest() {
      return lifecycle.opened(parts.spec("getVolume")).manifest;
    },
    setup: async (options) => (await lifecycle.setup(options)).manifest,
    unset,
    ...volumeCalls(parts),
    ...attachCalls(parts),
    ...mountCalls(parts),
    [Symbol.asyncDispose]: () => unset(),
  };
  return withFacets(driver, parts);
}

async function connect(configured: ConfiguredBackend, ctx: CallContext<"setup">): Promise<Omit<OpenBackend, "stop">> {
  const { name, definition, config } = configured;
  const backend = await definition.connect(config, ctx);
  const problem = facetsProblem(backend, definition.facets);
  if (problem !== undefined) {
    await backend.close();
    throw ctx.fail("INTERNAL", "driver-broke-contract", `setup of ${name}: ${problem}`, { outcome: "none" });
  }
  checkManifest(backend.manifest, { operation: "setup", backend: name });
  return { backend, manifest: { ...structuredClone(backend.manifest), facets: facetsOn(backend) } };
}

/** Facets come and go with the opened backend, so each is looked up when it is asked for; absent ones are undefined. */
function withFacets(driver: VolumeDriver, parts: DriverParts): VolumeDriver {
  let guarded: { readonly of: OpenBackend; readonly facets: Partial<FacetMap> } | undefined;
  const facet = <Name extends keyof FacetMap>(name: Name): FacetMap[Name] | undefined => {
    const open = parts.lifecycle.current();
    if (open === undefined) return undefined;
    if (guarded?.of !== open) guarded = { of: open, facets: guardFacets(parts, open.backend, open.manifest) };
    return guarded.facets[name];
  };
  return Object.defineProperties(
    driver,
    Object.fromEntries(facetNames.map((name) => [name, { get: () => facet(name), enumerable: true }])),
  );
}
