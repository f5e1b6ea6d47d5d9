import { facetNames, openBackends as soundOpenBackends, type DriverDefinition, type StorageBackend, type VolumeDriver } from "@opensds/core";
import type { OpenBackends } from "@opensds/testkit";
import type { BackendChange, DriverChange, SoundBackend } from "./mutant.js";

/** How the drivers that are opened differ from sound ones. */
export interface Difference {
  readonly kind: string;
  readonly backend?: (sound: SoundBackend) => BackendChange;
  readonly driver?: (sound: VolumeDriver) => DriverChange;
  readonly opening?: (sound: OpenBackends) => OpenBackends;
}

/** An `openBackends` whose drivers of one kind differ; from those of another, where several differences come together. */
export function openerWith({ kind, backend, driver, opening }: Difference, otherwise: OpenBackends = soundOpenBackends): OpenBackends {
  const open: OpenBackends = async (source, options) => {
    const drivers = options?.drivers?.map((definition) => (definition.kind === kind && backend !== undefined ? connecting(definition, backend) : definition));
    const backends = await otherwise(source, { ...options, drivers });
    if (driver === undefined) return backends;
    const get = (name: string): VolumeDriver => changedDriver(backends.get(name), driver);
    return new Proxy(backends, { get: (target, key): unknown => (key === "get" ? get : Reflect.get(target, key)) });
  };
  return opening === undefined ? open : opening(open);
}

function connecting(definition: DriverDefinition, change: (sound: SoundBackend) => BackendChange): DriverDefinition {
  const connect: DriverDefinition["connect"] = async (config, ctx) => changedBackend(await definition.connect(config, ctx), change);
  return { ...definition, connect };
}

function changedBackend(sound: StorageBackend, change: (sound: SoundBackend) => BackendChange): StorageBackend {
  const differences = Object.entries(change(withEveryFacet(sound))).map(([name, now]: [string, unknown]): [string, unknown] => {
    const was: unknown = Reflect.get(sound, name);
    if (!isFacet(name)) return [name, now];
    // A facet that this backend does not have stays away: only its methods are changed, never its being there.
    return [name, isObject(was) && isObject(now) ? { ...was, ...now } : was];
  });
  return { ...sound, ...Object.fromEntries(differences) };
}

/** So that a mutant need not ask for what the backend under test has. Calling what it has not is a mistake of the corpus. */
function withEveryFacet(sound: StorageBackend): SoundBackend {
  const absent = (name: string): object =>
    new Proxy({}, { get: (_none, method) => () => Promise.reject(new Error(`this backend has no ${name}.${String(method)}`)) });
  const whole = new Proxy(sound, {
    get: (target, key): unknown => Reflect.get(target, key) ?? (typeof key === "string" && isFacet(key) ? absent(key) : undefined),
  });
  if (hasEveryFacet(whole)) return whole;
  throw new Error("a backend with a stand-in for each facet that it lacks has every facet");
}

const hasEveryFacet = (backend: StorageBackend): backend is SoundBackend => facetNames.every((name) => Reflect.get(backend, name) !== undefined);

function changedDriver(sound: VolumeDriver, change: (sound: VolumeDriver) => DriverChange): VolumeDriver {
  const changed: object = change(sound);
  return new Proxy(sound, {
    get: (target, key): unknown => {
      const was: unknown = Reflect.get(target, key);
      if (!Reflect.has(changed, key)) return was;
      const now: unknown = Reflect.get(changed, key);
      return typeof key === "string" && isFacet(key) ? isObject(was) && isObject(now) ? { ...was, ...now } : was : now;
    },
  });
}

const isFacet = (name: string): boolean => facetNames.some((facet) => facet === name);
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
