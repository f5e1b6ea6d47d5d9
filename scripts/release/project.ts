import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cleanEnvironment } from "./working-copy.js";

/** An empty folder of somebody who installs from the registry. */
export interface Project {
  readonly folder: string;
  /** The Node that everything in it runs on. */
  readonly node: string;
  npmInstall(...packages: readonly string[]): Promise<void>;
  /** Writes a file and runs it; returns what it printed. */
  run(file: string, code: string, ...args: readonly string[]): Promise<string>;
  /** Runs an installed command. */
  command(script: string, ...args: readonly string[]): Promise<string>;
}

/** Makes an empty folder that knows the registry. */
export async function createProject(folder: string, npmrc: string, node = process.execPath): Promise<Project> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, ".npmrc"), `${npmrc}engine-strict=true\n`);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "dock", private: true, type: "module" }));
  const env = { ...cleanEnvironment, PATH: `${dirname(node)}:${process.env["PATH"] ?? ""}`, NO_COLOR: "1" };
  const start = execa({ cwd: folder, env, extendEnv: false });
  const npm = await npmCli();
  return {
    folder,
    node,
    npmInstall: async (...packages) => {
      await start(node, [npm, "install", "--no-audit", "--no-fund", "--prefer-offline", ...packages]);
    },
    run: async (file, code, ...args) => {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), code);
      return (await start(node, [file, ...args])).stdout;
    },
    command: async (script, ...args) => (await start(node, [script, ...args])).stdout,
  };
}

/** npm's own script, so that it runs on the Node that is tested. */
async function npmCli(): Promise<string> {
  const { stdout } = await execa("npm", ["root", "--global"], { env: cleanEnvironment, extendEnv: false });
  return join(stdout.trim(), "npm/bin/npm-cli.js");
}

/** The executable of a Node of this version, which npm brings; the one that runs this where it is the same line. */
export async function nodeOf(version: string): Promise<string> {
  if (process.versions.node.split(".")[0] === version.split(".")[0]) return process.execPath;
  const { stdout } = await execa("npm", ["exec", "--yes", `--package=node@${version}`, "--", "node", "-p", "process.execPath"], {
    env: cleanEnvironment,
    extendEnv: false,
  });
  return stdout.trim();
}

/** Bytes of all files under a folder. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
