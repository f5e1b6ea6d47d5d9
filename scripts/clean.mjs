// Removes what building made: npm run clean
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = [...readdirSync(join(root, "packages")).map((name) => join("packages", name)), "lab", "scripts", "bench"];
for (const folder of folders) {
  for (const made of ["dist", "node_modules/.cache"]) rmSync(join(root, folder, made), { recursive: true, force: true });
}
rmSync(join(root, "node_modules", ".cache", "opensds-build"), { force: true });
