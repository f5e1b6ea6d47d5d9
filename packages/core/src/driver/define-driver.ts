import type { BackendFacets } from "../facets/authored.js";
import type { FacetName } from "../facets/facets.js";
import type { CallContext } from "./call-context.js";
import { contractVersion } from "./manifest.js";
import type { StandardSchema } from "./standard-schema.js";
import type { StorageBackend } from "./storage-backend.js";

/**
 * What `connect` returns: a backend with every facet of `always`, perhaps some of `maybe`, and none besides. A missing or an unlisted
 * facet does not compile.
 */
export type BackendWith<Always extends FacetName, Maybe extends FacetName> = StorageBackend &
  Pick<BackendFacets, Always> &
  { readonly [Facet in Maybe]?: BackendFacets[Facet] | undefined } &
  Readonly<Partial<Record<Exclude<FacetName, Always | Maybe>, undefined>>>;

/** Which facets a driver's backends have. */
export interface FacetLists<Always extends FacetName, Maybe extends FacetName> {
  /** Every backend has these. */
  readonly always: readonly Always[];
  /** A backend has these or not, as its version and the user's rights allow. */
  readonly maybe: readonly Maybe[];
}

/** What an author hands to {@link defineDriver}. */
export interface DriverOptions<
  Kind extends string,
  Config,
  Always extends FacetName,
  Maybe extends FacetName,
  Backend extends BackendWith<Always, Maybe>,
  Input = unknown,
> {
  /** The driver's kind: `ceph` makes the element `ceph_driver` in the backends file. */
  readonly kind: Kind;
  /** Checks what stands under `<kind>_driver`; any Standard Schema. */
  readonly config: StandardSchema<Config, Input>;
  /** Default: none of either. */
  readonly facets?: FacetLists<Always, Maybe> | undefined;
  /** Connects and proves that the backend works: called by `setup`, within its deadline. */
  readonly connect: (config: Config, ctx: CallContext<"setup">) => Promise<Backend>;
}

/** A driver as a value: what `openBackends` takes and what a driver package exports, by name and as default. */
export interface DriverDefinition<
  Kind extends string = string,
  Config = unknown,
  Backend extends StorageBackend = StorageBackend,
  /** What may be written for the options, where the schema's type says so. */
  Input = unknown,
> {
  readonly "~opensds": "DriverDefinition";
  /** The contract that the driver was written for. */
  readonly contract: string;
  readonly kind: Kind;
  readonly config: StandardSchema<Config, Input>;
  readonly facets: FacetLists<FacetName, FacetName>;
  /** A method, so that definitions with different configurations go into one list. */
  connect(config: Config, ctx: CallContext<"setup">): Promise<Backend>;
}

/** Defines a driver. */
export function defineDriver<
  const Kind extends string,
  Config,
  Backend extends BackendWith<Always, Maybe>,
  const Always extends FacetName = never,
  const Maybe extends FacetName = never,
  Input = unknown,
>(options: DriverOptions<Kind, Config, Always, Maybe, Backend, Input>): DriverDefinition<Kind, Config, Backend, Input> {
  return Object.freeze({
    "~opensds": "DriverDefinition",
    contract: contractVersion,
    kind: options.kind,
    config: options.config,
    facets: options.facets ?? { always: [], maybe: [] },
    connect: options.connect,
  });
}

/** Whether a value that a module exports is a driver definition. */
export function isDriverDefinition(value: unknown): value is DriverDefinition {
  return (
    typeof value === "object" &&
    value !== null &&
    "~opensds" in value &&
    value["~opensds"] === "DriverDefinition" &&
    "kind" in value &&
    typeof value.kind === "string" &&
    "contract" in value &&
    typeof value.contract === "string" &&
    "connect" in value &&
    typeof value.connect === "function"
  );
}
