import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generatedFiles } from "./generated-files.js";
import { root } from "./root.js";

// Writes everything that the code generates: JSON Schemas, the page of errors, tables of the specification.
for (const { path, text } of await generatedFiles()) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  console.log(path);
}
