import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBackends } from "@opensds/core";
import { ceph } from "@opensds/driver-ceph";
import { cinder } from "@opensds/driver-cinder";
import { reference } from "@opensds/testkit/reference";
import { parse } from "yaml";
import { blocksIn, type DocsPage } from "./pages.js";

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** The drivers that pages name beside the published ones: somebody's own. */
const ownDriver = (kind: string): string => `export const driver = {
  "~opensds": "DriverDefinition", contract: "0.1", kind: "${kind}", facets: { always: [], maybe: [] },
  config: { "~standard": { version: 1, vendor: "docs", validate: (value) => ({ value }) } },
  connect: () => Promise.reject(new Error("only opened")),
};
export default driver;`;
/** Where the packages of this repository are installed: pages name their modules. */
const ourPackages = fileURLToPath(new URL("../../node_modules/@opensds", import.meta.url));
/** What the specification's example names. */
const acme = { module: "@acme/driver", variable: "ACME_PASSWORD" };

/** Opens every backends file that a page shows, as a dock would, and reads every other block of data; tells what cannot be. */
export async function unreadable(pages: readonly DocsPage[]): Promise<{ readonly blocks: number; readonly problems: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "opensds-docs-"));
  const problems: string[] = [];
  const blocks = blocksIn(pages, "yaml", "yml", "json");
  process.env[acme.variable] ??= "of the docs";
  try {
    for (const [file, kind] of [["drivers/mine.js", "mine"], [`node_modules/${acme.module}/index.js`, "acme"]] as const) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), ownDriver(kind));
    }
    await symlink(ourPackages, join(folder, "node_modules/@opensds"));
    await writeFile(join(folder, "node_modules", acme.module, "package.json"), `{ "name": "${acme.module}", "type": "module", "exports": "./index.js" }`);
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
    await writeFile(join(folder, "mine.password"), "of the docs");
    for (const [index, { page, line, language, code }] of blocks.entries()) {
      try {
        const data: unknown = language === "json" ? JSON.parse(code) : parse(code);
        if (!isObject(data)) throw new Error("this is no mapping and no list");
        if (!("backends" in data)) continue;
        const file = join(folder, `backends-${index}.yaml`);
        await writeFile(file, code);
        const backends = await openBackends(file, { drivers: [ceph, cinder, reference], from: folder });
        if (backends.names.length === 0) throw new Error("it names no backend");
        await backends.unset();
      } catch (error) {
        problems.push(`${page}:${line}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { blocks: blocks.length, problems };
}
