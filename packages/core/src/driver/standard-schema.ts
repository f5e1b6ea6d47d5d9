/**
 * The part of Standard Schema (standardschema.dev, version 1) that reading a driver's options needs; valibot, zod and
 * arktype schemas fit as they are. Written out here so that core depends on no author's validator.
 */
export interface StandardSchema<Output, Input = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Never there at run time: carries what may be written, before defaults are filled in. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** The Standard JSON Schema side, where the vendor has one: for editors, and for naming the nearest known option. */
    readonly jsonSchema?: StandardJsonSchema | undefined;
  };
}

/** What turns a schema into JSON Schema; throws where it cannot. */
export interface StandardJsonSchema {
  readonly input: (options: StandardJsonSchemaOptions) => Record<string, unknown>;
  readonly output: (options: StandardJsonSchemaOptions) => Record<string, unknown>;
}

/** Which JSON Schema is wanted. */
export interface StandardJsonSchemaOptions {
  /** `draft-07` or `draft-2020-12`; a vendor may know more. */
  readonly target: string;
  /** The vendor's own options. */
  readonly libraryOptions?: Record<string, unknown> | undefined;
}

/** How a validation ended: a value, or issues with where they are. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
