import { errorsPage } from "./errors-page.js";
import type { GeneratedFile } from "./generated-file.js";
import { fillMarkers } from "./generated-parts.js";
import { jsonSchemaFiles } from "./json-schemas.js";
import { readSpec, specPath } from "./spec-text.js";
import { codesByOperation, codesTable, markdownTable } from "./tables.js";
import { readUnprovenRules } from "./unproven-rules.js";

/** Everything that the code generates and the repository holds. */
export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  const spec = await readSpec();
  const { exceptions } = await readUnprovenRules();
  const parts = {
    codes: codesTable(),
    "codes by operation": codesByOperation(),
    "exceptions": markdownTable(["rule", "why"], Object.entries(exceptions)),
  };
  return [
    ...jsonSchemaFiles(),
    { path: "docs/errors.md", text: errorsPage(spec) },
    { path: specPath, text: fillMarkers(spec.text, parts) },
  ];
}
