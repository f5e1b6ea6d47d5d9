import type { JsonSchema } from "./json-schema.js";

/**
 * What a secret looks like in a backends file, as JSON Schema. An author attaches it to the option that takes a `Secret`, so that
 * editors complete it and mistakes name it.
 * @example valibot: `v.pipe(v.custom<Secret>(isSecret, "give { env: NAME } or { file: PATH }"), v.metadata(secretJsonSchema))`
 * @example zod: `z.custom<Secret>(isSecret).meta(secretJsonSchema)`
 */
export const secretJsonSchema: Readonly<Record<string, unknown>> & { readonly title: string } = {
  title: "Secret",
  description: "Where the secret stands: in an environment variable, { env: NAME }, or in a file, { file: PATH }.",
  type: "object",
  properties: {
    env: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$", description: "The name of the environment variable that holds the secret." },
    file: {
      type: "string",
      minLength: 1,
      description: "The path of the file that holds the secret, from the backends file's directory. Line ends at its end do not count.",
    },
  },
  // One of the two. Not said by `maxProperties: 1`, under which editors complete nothing.
  minProperties: 1,
  not: { type: "object", required: ["env", "file"] },
  additionalProperties: false,
};

/** Whether a part of a driver's schema is {@link secretJsonSchema}. */
export function isSecretSchema(node: JsonSchema): boolean {
  return node["title"] === secretJsonSchema.title && node["minProperties"] === 1;
}
