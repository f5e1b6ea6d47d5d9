import type { GeneratedFile } from "./generated-file.js";
import { jsonSchemaFiles } from "./json-schemas.js";

/** Everything that the code generates and the repository holds. */
export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  return [...jsonSchemaFiles()];
}
