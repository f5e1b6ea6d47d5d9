import { toJsonSchema, type JsonSchema } from "@valibot/to-json-schema";
import { publishedSchemas, type PublishedSchema } from "../../packages/core/src/schema/published.js";
import type { GeneratedFile } from "./generated-file.js";

/** Names of schemas, not places: nothing has to be served there. */
const idBase = "https://opensds.io/schema/southbound/v0.01";

/** The JSON Schemas that core publishes, as files. */
export function jsonSchemaFiles(): readonly GeneratedFile[] {
  return publishedSchemas.map((published) => ({
    path: `packages/core/schema/${published.name}.json`,
    text: `${JSON.stringify(toPublished(published), null, 2)}\n`,
  }));
}

function toPublished({ name, title, description, schema }: PublishedSchema): JsonSchema {
  const { $schema: _draft07, ...body } = toJsonSchema(schema, {
    typeMode: "input",
    target: "draft-2020-12",
    // Ids get the brand of their kind, and maps are copied: no transform changes what JSON can see.
    ignoreActions: ["transform"],
    // A custom schema says in its metadata what it is in JSON Schema.
    overrideSchema: ({ valibotSchema }) => (valibotSchema.type === "custom" ? {} : undefined),
  });
  return { $schema: "https://json-schema.org/draft/2020-12/schema", $id: `${idBase}/${name}.json`, title, description, ...body };
}
