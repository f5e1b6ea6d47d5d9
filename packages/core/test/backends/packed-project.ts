import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const corePackage = fileURLToPath(new URL("../../", import.meta.url));
const repository = join(corePackage, "../..");
const pnpmScript = join(repository, "node_modules/pnpm/bin/pnpm.cjs");

/** Neither the settings of the npm or pnpm that runs these tests, nor what makes Node look elsewhere for packages. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|NODE_OPTIONS$|NODE_PATH$|VITEST)/i.test(name)),
);

/** Files of a small project: path and content; an object becomes JSON. */
export type Files = Readonly<Record<string, string | object>>;

/** A place for small projects that install this package from its tarball, as its users do. */
export interface PackedProjects {
  readonly folder: string;
  /** Name of a packed package: its tarball. */
  readonly tarballs: ReadonlyMap<string, string>;
  /** Writes files into a folder of its own and returns its path. */
  write(name: string, files: Files): Promise<string>;
  npmInstall(project: string): Promise<void>;
  pnpmInstall(project: string): Promise<void>;
  /** Runs a script of a project with plain Node and reads the JSON that it prints. */
  run(script: string, options?: { readonly cwd?: string; readonly args?: readonly string[] }): Promise<unknown>;
  remove(): Promise<void>;
}

/** Builds this package in a copy, so that nobody's working tree is touched, and packs it and other packages. */
export async function packProjects(others: Readonly<Record<string, Files>>): Promise<PackedProjects> {
  const folder = await mkdtemp(join(tmpdir(), "opensds-packed-"));
  const write = async (name: string, files: Files): Promise<string> => {
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, name, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, typeof content === "string" ? content : JSON.stringify(content, null, 2));
    }
    return join(folder, name);
  };

  const core = await copyOfCore(folder);
  await execa({ cwd: core, env: environment, extendEnv: false })(process.execPath, [join(repository, "node_modules/tsup/dist/cli-default.js")]);
  const tarballFolder = join(folder, "tarballs");
  const pack = async (cwd: string): Promise<string> => {
    const before = await filesIn(tarballFolder);
    await execa({ cwd, env: environment, extendEnv: false })(process.execPath, [pnpmScript, "pack", "--pack-destination", tarballFolder]);
    const made = (await filesIn(tarballFolder)).find((file) => !before.includes(file));
    if (made === undefined) throw new Error(`pnpm pack made nothing of ${cwd}`);
    return join(tarballFolder, made);
  };
  const tarballs = new Map([["@opensds/core", await pack(core)]]);
  for (const [name, files] of Object.entries(others)) tarballs.set(name, await pack(await write(join("packages", name), files)));

  return {
    folder,
    tarballs,
    write,
    npmInstall: async (cwd) => {
      const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"];
      await execa({ cwd, env: environment, extendEnv: false })("npm", ["install", ...flags]);
    },
    pnpmInstall: async (cwd) => {
      await execa({ cwd, env: environment, extendEnv: false })(process.execPath, [pnpmScript, "install", "--prefer-offline", "--ignore-scripts"]);
    },
    run: async (script, { cwd = folder, args = [] } = {}) => {
      const { stdout } = await execa({ cwd, env: environment, extendEnv: false })(process.execPath, [script, ...args]);
      const printed: unknown = JSON.parse(stdout);
      return printed;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function copyOfCore(folder: string): Promise<string> {
  const copy = join(folder, "build/packages/core");
  for (const name of ["src", "package.json", "tsconfig.json", "tsup.config.ts", "LICENSE"]) {
    await cp(join(corePackage, name), join(copy, name), { recursive: true });
  }
  for (const name of ["tsup.base.ts", "tsconfig.base.json"]) await cp(join(repository, name), join(folder, "build", name));
  await symlink(join(repository, "node_modules"), join(folder, "build/node_modules"), "junction");
  await symlink(join(corePackage, "node_modules"), join(copy, "node_modules"), "junction");
  return copy;
}

async function filesIn(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  return readdir(folder);
}
