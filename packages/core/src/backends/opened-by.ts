import type { DriverDefinition } from "../driver/define-driver.js";
import type { StorageBackend } from "../driver/storage-backend.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import type { FacetName } from "../facets/facets.js";
import { isMapping } from "./mapping.js";

/** What a definition's `connect` makes. */
export type BackendOf<Definition extends DriverDefinition> = Awaited<ReturnType<Definition["connect"]>>;

/** Who opened a driver, and what stands behind it. */
export interface OpenedWith<Backend extends StorageBackend = StorageBackend> {
  readonly definition: DriverDefinition;
  /** FAILED_PRECONDITION `not-set-up` before `setup`. */
  backend(): Backend;
}

/** A driver of which the compiler knows who opened it. */
export type OpenedBy<Definition extends DriverDefinition> = VolumeDriver & {
  readonly kind: Definition["kind"];
  readonly "~opened": OpenedWith<BackendOf<Definition>>;
};

/** What one driver's backends have beyond the contract, its facets included. */
export type Extras<Backend extends StorageBackend> = Omit<Backend, keyof StorageBackend | FacetName>;

/**
 * Whether a driver was opened with this definition: the same value, or one of the same kind and contract, as when a package is
 * installed twice. True also before `setup`.
 */
export function isOpenedBy<Definition extends DriverDefinition>(driver: VolumeDriver, definition: Definition): driver is OpenedBy<Definition> {
  if (!("~opened" in driver) || !isMapping(driver["~opened"])) return false;
  const opened = driver["~opened"]["definition"];
  if (opened === definition) return true;
  return isMapping(opened) && opened["kind"] === definition.kind && opened["contract"] === definition.contract;
}

/**
 * The members that one driver's backend has beyond the contract. They are the author's own: no deadline, no joining of calls and no
 * error of core stands before them. Ask `isOpenedBy` first. FAILED_PRECONDITION `not-set-up` before `setup`.
 * @example `if (isOpenedBy(driver, ceph)) extrasOf(driver).clusterFsid`
 */
export function extrasOf<Backend extends StorageBackend>(driver: VolumeDriver & { readonly "~opened": OpenedWith<Backend> }): Extras<Backend> {
  return driver["~opened"].backend();
}

/** Watches a definition's connections, so that {@link remember} can hand the last one out. */
export function watchConnect(definition: DriverDefinition): {
  readonly watched: DriverDefinition;
  /** Notes on a driver, for every copy of this package to read, who opened it. */
  readonly remember: (driver: VolumeDriver) => VolumeDriver;
} {
  let connected: StorageBackend | undefined;
  const watched: DriverDefinition = {
    ...definition,
    connect: async (config, ctx) => {
      connected = await definition.connect(config, ctx);
      return connected;
    },
  };
  const remember = (driver: VolumeDriver): VolumeDriver => {
    const backend = (): StorageBackend => {
      // Throws before `setup` and after `unset`, in the guard's words.
      const { kind } = driver.manifest;
      if (connected === undefined) throw new Error(`the ${kind} driver is set up without a connection`);
      return connected;
    };
    const opened: OpenedWith = { definition, backend };
    // Not enumerable: printing a driver does not print its insides.
    return Object.defineProperty(driver, "~opened", { value: opened });
  };
  return { watched, remember };
}
