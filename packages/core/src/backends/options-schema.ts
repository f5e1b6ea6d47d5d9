import type { DriverDefinition } from "../driver/define-driver.js";
import type { JsonSchema } from "./json-schema.js";

/** What every version of editors' YAML support reads (yaml-language-server knew nothing newer until lately), and every validator. */
const target = "draft-07";

/** What JSON Schema cannot say (a check in code) is left out, not refused: valibot's and zod's words for that. */
const libraryOptions = { errorMode: "ignore", unrepresentable: "any" };

/** The JSON Schema of a driver's options as they are written; undefined when its validator offers none. */
export function optionsSchema(definition: DriverDefinition): JsonSchema | undefined {
  const side = definition.config["~standard"].jsonSchema;
  if (side === undefined) return undefined;
  try {
    return side.input({ target, libraryOptions });
  } catch {
    return undefined;
  }
}
