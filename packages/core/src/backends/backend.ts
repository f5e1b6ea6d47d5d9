import { isDriverDefinition, type DriverDefinition } from "../driver/define-driver.js";
import type { Secret } from "../model/secret.js";
import { isMapping } from "./mapping.js";
import type { SecretReference } from "./resolve-secrets.js";

/** What may be written for a value of this type: a {@link Secret} also as a reference to it. */
export type Written<Value> = Value extends Secret
  ? Value | SecretReference
  : Value extends object
    ? { readonly [Key in keyof Value]: Written<Value[Key]> }
    : Value;

/**
 * The options that stand under a driver's element: what its schema takes, where the schema's type says so, else what the schema
 * makes of them.
 */
export type OptionsOf<Definition> =
  Definition extends DriverDefinition<string, infer Config, infer _Backend, infer Input>
    ? Written<unknown extends Input ? Config : Input>
    : never;

/** A backend of one driver, for the object form of `openBackends`; made by {@link backend}. */
export interface TypedBackend<Definition extends DriverDefinition = DriverDefinition> {
  readonly "~opensds": "TypedBackend";
  readonly driver: Definition;
  readonly options: unknown;
}

/**
 * Configures a backend in code: the compiler checks the options, and `openBackends(...).get(name)` knows the driver. Needs no
 * `drivers` and no look for packages.
 * @example `openBackends({ backends: { ssd: backend(ceph, { pool: "ssd" }) } })`
 */
export function backend<Definition extends DriverDefinition>(driver: Definition, options: OptionsOf<Definition>): TypedBackend<Definition> {
  return { "~opensds": "TypedBackend", driver, options };
}

/** Whether {@link backend}, of this or of another copy of this package, made a value. */
export function isTypedBackend(value: unknown): value is TypedBackend {
  return isMapping(value) && value["~opensds"] === "TypedBackend" && isDriverDefinition(value["driver"]);
}
