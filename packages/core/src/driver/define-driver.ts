import type { CallContext } from "./call-context.js";
import { contractVersion } from "./manifest.js";
import type { StandardSchema } from "./standard-schema.js";
import type { StorageBackend } from "./storage-backend.js";

/** What an author hands to {@link defineDriver}. */
export interface DriverOptions<Kind extends string, Config, Backend extends StorageBackend> {
  /** The driver's kind: `ceph` makes the element `ceph_driver` in the backends file. */
  readonly kind: Kind;
  /** Checks what stands under `<kind>_driver`; any Standard Schema. */
  readonly config: StandardSchema<Config>;
  /** Connects and proves that the backend works: called by `setup`, within its deadline. */
  readonly connect: (config: Config, ctx: CallContext<"setup">) => Promise<Backend>;
}

/** A driver as a value: what `openBackends` takes and what a driver package exports, by name and as default. */
export interface DriverDefinition<
  Kind extends string = string,
  Config = unknown,
  Backend extends StorageBackend = StorageBackend,
> {
  readonly "~opensds": "DriverDefinition";
  /** The contract that the driver was written for. */
  readonly contract: string;
  readonly kind: Kind;
  readonly config: StandardSchema<Config>;
  /** A method, so that definitions with different configurations go into one list. */
  connect(config: Config, ctx: CallContext<"setup">): Promise<Backend>;
}

/** Defines a driver. */
export function defineDriver<const Kind extends string, Config, Backend extends StorageBackend>(
  options: DriverOptions<Kind, Config, Backend>,
): DriverDefinition<Kind, Config, Backend> {
  return Object.freeze({
    "~opensds": "DriverDefinition",
    contract: contractVersion,
    kind: options.kind,
    config: options.config,
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
