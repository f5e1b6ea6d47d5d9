import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

export const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const pnpmScript = join(repository, "node_modules/pnpm/bin/pnpm.cjs");

/** The published packages, by the folders of their sources. */
export const packages = ["core", "testkit", "driver-ceph", "driver-cinder", "cli"] as const;

/** The published packages as their users get them: packed, and unpacked into a project of this run's own. */
export interface PackedPackages {
  /** The project's folder: files in it import the packages by their names. */
  readonly project: string;
  /** Where a package lies. */
  folderOf(name: (typeof packages)[number]): string;
  remove(): Promise<void>;
}

/**
 * Packs what `npm run build` built. What the packages depend on is linked, not downloaded: installing them from a registry is
 * tested with the backends file's search for drivers.
 */
export async function unpackPackages(): Promise<PackedPackages> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "opensds-types-")));
  const project = join(folder, "project");
  const modules = join(project, "node_modules");
  const unpack = async (name: (typeof packages)[number]): Promise<void> => {
    const source = join(repository, "packages", name);
    if (!existsSync(join(source, "dist/index.js"))) throw new Error(`${name} is not built; run: npm run build`);
    const tarballs = join(folder, name);
    await execa({ cwd: source })(process.execPath, [pnpmScript, "pack", "--pack-destination", tarballs]);
    const [tarball] = await readdir(tarballs);
    if (tarball === undefined) throw new Error(`pnpm pack made nothing of ${name}`);
    await execa({ cwd: tarballs })("tar", ["-xzf", tarball]);
    await mkdir(join(modules, "@opensds"), { recursive: true });
    await rename(join(tarballs, "package"), join(modules, "@opensds", name));
    for (const dependency of await dependenciesOf(source)) await link(join(source, "node_modules", dependency), join(modules, dependency));
  };
  await Promise.all(packages.map(unpack));
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "dock", private: true, type: "module" }));
  await link(join(repository, "node_modules/@types/node"), join(modules, "@types/node"));
  return {
    project,
    folderOf: (name) => join(modules, "@opensds", name),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What users may import of a package: `@opensds/core`, `@opensds/core/host`. */
export async function subpathsOf(packed: PackedPackages, name: (typeof packages)[number]): Promise<readonly string[]> {
  const exported = await readManifest(packed.folderOf(name), "exports");
  return exported.filter((path) => !path.endsWith(".json")).map((path) => `@opensds/${name}${path.slice(1)}`);
}

const dependenciesOf = async (source: string): Promise<readonly string[]> =>
  (await readManifest(source, "dependencies")).filter((name) => !name.startsWith("@opensds/"));

/** The keys of a field of a package's manifest. */
async function readManifest(folder: string, field: "exports" | "dependencies"): Promise<readonly string[]> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const value: unknown = typeof manifest === "object" && manifest !== null && field in manifest ? Object.getOwnPropertyDescriptor(manifest, field)?.value : {};
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

async function link(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  // Two packages may ask for the same one, at the same time.
  await symlink(await realpath(from), to, "junction").catch((error: unknown) => {
    if (!existsSync(to)) throw error;
  });
}
