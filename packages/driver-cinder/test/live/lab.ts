import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openBackends, type Backends, type OpenBackendsOptions } from "@opensds/core";
import { cinder, type CinderOptions } from "@opensds/driver-cinder";
import { parse } from "yaml";

const backendsFile = process.env["SB_LAB_BACKENDS"] ?? fileURLToPath(new URL("../../../../.lab/backends.yaml", import.meta.url));

interface BackendsFile {
  readonly backends: Readonly<Record<string, { readonly cinder_driver?: CinderOptions }>>;
}

/** The options that the lab has written for one of its backends, such as `cinder` or `cinder-admin`. */
export function labOptions(name = "cinder"): CinderOptions {
  const file = parse(readFileSync(backendsFile, "utf8")) as BackendsFile;
  const options = file.backends[name]?.cinder_driver;
  if (options === undefined) throw new Error(`${backendsFile} has no backend ${name}; is the lab's Cinder up?`);
  return options;
}

/** Opens one of the lab's backends, with other options where a test wants them. */
export function openLab(name = "cinder", options: CinderOptions = {}, more: OpenBackendsOptions = {}): Promise<Backends> {
  return openBackends({ backends: { cloud: { cinder_driver: { ...labOptions(name), ...options } } } }, { drivers: [cinder], ...more });
}
