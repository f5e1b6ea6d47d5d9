import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));

/** How a command ended. */
export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

/** Runs a command and tells how it ended, with everything that it wrote. */
export async function command(directory: string, file: string, ...args: readonly string[]): Promise<CommandResult> {
  // What the tests' own run was started with is none of the author's: a loader's conditions, the framework's settings.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS|VITEST.*|TEST|npm_.*|SB_.*)$/.test(name)));
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, { cwd: directory, env: { ...env, NO_COLOR: "1" }, maxBuffer: 64 * 2 ** 20, timeout: 380_000 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    if (!(error instanceof Error) || !("stdout" in error) || !("stderr" in error)) throw error;
    const code = "code" in error && typeof error.code === "number" ? error.code : 1;
    return { code, output: `${String(error.stdout)}${String(error.stderr)}${"killed" in error && error.killed === true ? "\nended by its time limit" : ""}` };
  }
}

/** Runs a command that has to succeed. */
export async function succeed(directory: string, file: string, ...args: readonly string[]): Promise<string> {
  const { code, output } = await command(directory, file, ...args);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}:\n${output.slice(-6_000)}`);
  return output;
}

/** A place outside the workspace, with the packages as they would be published. */
export interface Workshop {
  readonly directory: string;
  /** The package's tarball. */
  tarball(name: "core" | "testkit"): string;
  /** Makes an empty project with these files. */
  project(name: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** Makes a project of a folder of this repository. */
  projectFrom(name: string, folder: string): Promise<string>;
  /** Installs the packed packages there, and others from the registry. */
  install(project: string, ...packages: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

/** Packs the packages and makes the place. */
export async function openWorkshop(): Promise<Workshop> {
  const directory = await mkdtemp(join(tmpdir(), "packed-"));
  const tarballs = join(directory, "tarballs");
  await mkdir(tarballs);
  const pnpm = join(repository, "node_modules", "pnpm", "bin", "pnpm.cjs");
  for (const name of ["core", "testkit"]) await succeed(join(repository, "packages", name), process.execPath, pnpm, "pack", "--pack-destination", tarballs);
  const packed = await readdir(tarballs);
  const tarball = (name: string): string => join(tarballs, packed.find((file) => file.includes(`-${name}-`)) ?? name);
  const project = async (name: string, files: Readonly<Record<string, string>>): Promise<string> => {
    const folder = join(directory, name);
    for (const [file, text] of Object.entries({ "package.json": `{ "name": "an-authors-own", "type": "module", "private": true }`, ...files })) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    return folder;
  };
  return {
    directory,
    tarball,
    project,
    projectFrom: async (name, from) => {
      const folder = join(directory, name);
      await cp(join(repository, from), folder, { recursive: true, filter: (path) => !/[\\/](node_modules|dist)$/.test(path) });
      return folder;
    },
    install: async (folder, ...packages) => {
      await succeed(folder, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", tarball("core"), tarball("testkit"), ...packages);
    },
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** A Node of another version: the npm package `node` carries one. */
export async function nodeOf(version: string): Promise<string> {
  if (process.version === `v${version}`) return process.execPath;
  const path = (await succeed(tmpdir(), "npm", "exec", "--yes", `--package=node@${version}`, "--", "node", "-p", "process.execPath")).trim().split("\n").at(-1) ?? "";
  const came = (await succeed(tmpdir(), path, "-p", "process.version")).trim();
  if (came !== `v${version}`) throw new Error(`asked for Node ${version}, and ${path} is ${came}`);
  return path;
}

/** The block of a page's code that stands under a heading. */
export async function codeUnder(page: string, heading: string): Promise<string> {
  const text = await readFile(join(repository, page), "utf8");
  const section = text.slice(text.indexOf(`\n${heading}\n`));
  const block = /\n```(?:js|ts|sh|yaml)\n([\s\S]*?)\n```/.exec(section)?.[1];
  if (block === undefined || section === text) throw new Error(`${page} has no code under ${heading}`);
  return block;
}
