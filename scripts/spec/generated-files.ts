import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorsPage } from "./errors-page.js";
import { facetsTable } from "./facets-table.js";
import { figuresTable } from "./figures-table.js";
import type { GeneratedFile } from "./generated-file.js";
import { fillMarkers } from "./generated-parts.js";
import { jsonSchemaFiles } from "./json-schemas.js";
import { root } from "./root.js";
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
  const readme = await readFile(join(root, "README.md"), "utf8");
  return [
    { path: "README.md", text: fillMarkers(readme, { facets: facetsTable(), figures: await figuresTable() }) },
    ...jsonSchemaFiles(),
    { path: "docs/errors.md", text: errorsPage(spec) },
    { path: specPath, text: fillMarkers(spec.text, parts) },
  ];
}
