import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { root } from "../lib/root.js";
import { consumerChecks } from "./consumer-checks.js";
import { createProject, nodeOf, sizeOf } from "./project.js";
import type { Rehearsal } from "./rehearsal.js";
import { publishedPackages } from "./versions.js";
import { cleanEnvironment } from "./working-copy.js";

/** The most that a package and all it needs may take on a disk. */
const sizeLimits = [
  ["core", 3],
  ["driver-ceph", 15],
] as const;

/** Installs the newest release in empty folders: on every Node, alone to be weighed, under pnpm without hoisting, and in a bundle. */
export async function rehearseInstalls(at: Rehearsal, released: readonly string[], nodeVersions: readonly string[]): Promise<void> {
  const { folder, tree, registry, scope, steps } = at;
  const version = released.at(-1) ?? "latest";
  const names = (await publishedPackages(tree)).map(({ name }) => name);
  const tools = await toolVersions();

  for (const nodeVersion of nodeVersions) {
    const node = await steps.step(`Node ${nodeVersion}`, () => nodeOf(nodeVersion), (path) => (path === process.execPath ? "this one" : "by npm"));
    const project = await createProject(join(folder, `node-${nodeVersion}`), registry.npmrc(scope), node);
    const on = `Node ${nodeVersion.split(".")[0] ?? ""}`;
    await steps.step(`${on}: npm install in an empty folder`, () => project.npmInstall(...names.map((name) => `${name}@${version}`), ...tools));
    const checks = await consumerChecks(project, scope, names);
    await steps.check(`${on}: import`, () => checks.importAll(node === process.execPath ? process.versions.node : nodeVersion));
    await steps.check(`${on}: require`, () => checks.requireAll());
    await steps.check(`${on}: type-check`, () => checks.compile());
    await steps.check(`${on}: the README's lines`, () => checks.readme());
    await steps.check(`${on}: the first program of Getting started`, () => checks.gettingStarted());
    await steps.check(`${on}: opensds`, () => checks.opensds());
    await steps.check(`${on}: opensds-conformance, processes of its own included`, () => checks.conformance());
  }

  for (const [name, megabytes] of sizeLimits) {
    await steps.check(`size of ${name} with all it needs, below ${megabytes} MB`, async () => {
      const project = await createProject(join(folder, `size-${name}`), registry.npmrc(scope));
      await project.npmInstall(`${scope}/${name}@${version}`);
      const bytes = await sizeOf(join(project.folder, "node_modules"));
      if (bytes > megabytes * 1e6) throw new Error(`${(bytes / 1e6).toFixed(1)} MB`);
      return `${(bytes / 1e6).toFixed(1)} MB`;
    });
  }
  await steps.check("pnpm without hoisting finds a driver by its name", () => pnpmWithoutHoisting(at, version));
  await steps.check("a bundle by esbuild, alone in a folder", () => bundled(at, nodeVersions[0] ?? ""));
}

/** TypeScript and Node's types in the versions of this repository. */
async function toolVersions(): Promise<readonly string[]> {
  const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const own: unknown = typeof manifest === "object" && manifest !== null && "devDependencies" in manifest ? manifest.devDependencies : {};
  const versions = new Map<string, unknown>(typeof own === "object" && own !== null ? Object.entries(own) : []);
  return ["typescript", "@types/node"].map((name) => `${name}@${String(versions.get(name))}`);
}

async function pnpmWithoutHoisting({ folder, registry, scope }: Rehearsal, version: string): Promise<string> {
  const project = await createProject(join(folder, "pnpm"), registry.npmrc(scope));
  const dependencies = Object.fromEntries(["core", "driver-ceph", "testkit"].map((name) => [`${scope}/${name}`, version]));
  await writeFile(join(project.folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  await writeFile(join(project.folder, "pnpm-workspace.yaml"), "hoist: false\n");
  const pnpm = join(root, "node_modules/pnpm/bin/pnpm.cjs");
  await execa(process.execPath, [pnpm, "install", "--prefer-offline"], { cwd: project.folder, env: cleanEnvironment, extendEnv: false });
  return project.run(
    "dock.mjs",
    `import { openBackends } from "${scope}/core";
const backends = await openBackends({ backends: {
  ssd: { ceph_driver: { pool: "ssd" } },
  local: { module: "${scope}/testkit/reference", reference_driver: { store: "memory" } },
} }, { from: import.meta.url });
await backends.get("local").setup();
await backends.unset();
console.log(backends.names.map((name) => backends.get(name).kind).join(" and "));`,
  );
}

async function bundled({ folder, scope }: Rehearsal, nodeVersion: string): Promise<string> {
  const installed = join(folder, `node-${nodeVersion}`);
  await writeFile(
    join(installed, "bundle-me.mjs"),
    `import { openBackends } from "${scope}/core";
import { ceph } from "${scope}/driver-ceph";
import { reference } from "${scope}/testkit/reference";
const backends = await openBackends("backends.yaml", { drivers: [ceph, reference] });
const driver = backends.get("local");
await driver.setup();
const volume = await driver.createVolume({ name: "db", capacity: { requiredBytes: 1048576 } });
await backends.unset();
console.log(volume.name, "made by", backends.names.length, "backends' bundle");`,
  );
  const project = await createProject(join(folder, "bundle"), "");
  const { build } = await import("esbuild");
  const banner = { js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);' };
  await build({
    entryPoints: [join(installed, "bundle-me.mjs")],
    outfile: join(project.folder, "dock.mjs"),
    ...{ bundle: true, platform: "node", format: "esm", logLevel: "error", banner },
  });
  await writeFile(
    join(project.folder, "backends.yaml"),
    "backends:\n  ssd: { ceph_driver: { pool: ssd } }\n  local: { reference_driver: { store: memory } }\n",
  );
  return project.command("dock.mjs");
}
