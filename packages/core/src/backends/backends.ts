import type { CallOptions } from "../driver/call-context.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import { SouthboundError } from "../errors/southbound-error.js";
import type { Host } from "../host/host.js";
import { suggest } from "./nearest.js";

/** The configured backends of one dock. `Known`: the drivers of those that `backend()` configured, by name. */
export interface Backends<Known = unknown> extends AsyncDisposable {
  /** In the file's order. */
  readonly names: readonly string[];
  /** This machine's half, as the file's `host` configures it. */
  readonly host: Host;
  /** One backend's driver, not yet set up. */
  get<Name extends keyof Known & string>(name: Name): Known[Name];
  /** One backend's driver, not yet set up. NOT_FOUND `unknown-backend` for a name that the file does not have. */
  get(name: string): VolumeDriver;
  /** Sets all of them up, side by side; fails with the first failure after all have ended. */
  setup(options?: CallOptions): Promise<void>;
  /** Closes all of them in reverse order. */
  unset(options?: CallOptions): Promise<void>;
}

/** Puts opened drivers and their host together. */
export function backendsOf(drivers: ReadonlyMap<string, VolumeDriver>, host: Host): Backends {
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
    get: (name: string) => {
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
