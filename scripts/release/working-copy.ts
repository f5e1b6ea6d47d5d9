import { cp, lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { root } from "../lib/root.js";
import type { Registry } from "./registry.js";
import { publishedPackages } from "./versions.js";

const git = (cwd: string, ...args: readonly string[]) =>
  execa("git", ["-c", "user.name=rehearsal", "-c", "user.email=rehearsal@localhost", "-c", "commit.gpgsign=false", ...args], { cwd });

/** Neither the settings of the npm or pnpm that runs this, nor what makes Node behave otherwise. */
export const cleanEnvironment: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|NODE_OPTIONS$|NODE_PATH$|OPENSDS_)/i.test(name)),
);

/**
 * A copy of the repository as it stands, with a history of its own and what was built: releasing changes versions and makes tags, and
 * the rehearsal must touch nobody's tree.
 */
export async function copyRepository(folder: string): Promise<string> {
  const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root });
  for (const file of stdout.split("\n")) {
    // A file may be deleted and not committed yet.
    const status = await lstat(join(root, file)).catch(() => undefined);
    if (status === undefined) continue;
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(join(root, file), join(folder, file));
  }
  for (const { folder: made } of await publishedPackages(root)) {
    await cp(join(made, "dist"), join(folder, made.slice(root.length), "dist"), { recursive: true });
  }
  await linkWorkspace(folder);
  await git(folder, "init", "--quiet", "--initial-branch=main");
  await git(folder, "add", "--all");
  await git(folder, "commit", "--quiet", "--message", "As it stands");
  return folder;
}

/** pnpm writes the versions of workspace packages into what it packs; it looks for them where an install would have linked them. */
async function linkWorkspace(tree: string): Promise<void> {
  const packages = await publishedPackages(tree);
  const name = packages[0]?.name ?? "";
  // The private one that tests use has the packages' scope too.
  const targets = [...packages, { name: `${name.split("/")[0] ?? ""}/lab`, folder: join(tree, "lab") }];
  for (const { folder } of packages) {
    for (const target of targets) {
      const link = join(folder, "node_modules", target.name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(target.folder, link, "junction");
    }
  }
}

/** Calls the scope by another name in every file of a copy, and builds it anew. */
export async function renameScope(tree: string, from: string, to: string): Promise<number> {
  let changed = 0;
  const { stdout } = await git(tree, "ls-files");
  for (const file of stdout.split("\n").filter((one) => one !== "pnpm-lock.yaml" && /\.(json|[mc]?[jt]s|md|ya?ml)$/.test(one))) {
    const text = await readFile(join(tree, file), "utf8");
    const renamed = text.replaceAll(from, to);
    if (renamed === text) continue;
    await writeFile(join(tree, file), renamed);
    changed += 1;
  }
  await git(tree, "commit", "--quiet", "--all", "--message", "Another scope");
  return changed;
}

/** Builds a tree that has no dependencies yet. */
export async function installAndBuild(tree: string, types: boolean): Promise<void> {
  const pnpm = [join(root, "node_modules/pnpm/bin/pnpm.cjs"), "--config.engine-strict=false"];
  for (const entry of await readdir(join(tree, "packages"))) {
    await execa("rm", ["-rf", join(tree, "packages", entry, "node_modules"), join(tree, "packages", entry, "dist")]);
  }
  await execa(process.execPath, [...pnpm, "install", "--no-frozen-lockfile", "--prefer-offline"], { cwd: tree, env: cleanEnvironment, extendEnv: false });
  if (types) await execa("tsc", ["-b", ...(await publishedPackages(tree)).map(({ folder }) => folder)], { cwd: tree, preferLocal: true, localDir: tree });
  await execa(process.execPath, [...pnpm, "--recursive", "--filter", "./packages/*", "run", "build"], { cwd: tree, env: cleanEnvironment, extendEnv: false });
}

/** Writes a changeset, makes versions of what there is, and commits, as the version pull request does. */
export async function makeVersions(tree: string, changeset: string | undefined): Promise<string> {
  if (changeset !== undefined) await writeFile(join(tree, ".changeset/rehearsal.md"), changeset);
  await execa("tsx", [join(root, "scripts/version/main.ts"), tree], { cwd: tree, preferLocal: true, localDir: root });
  await git(tree, "add", "--all");
  await git(tree, "commit", "--quiet", "--message", "Version packages");
  const versions = new Set((await publishedPackages(tree)).map(({ version }) => version));
  const [version, ...others] = [...versions];
  if (version === undefined || others.length > 0) throw new Error(`the packages have not one version: ${[...versions].join(", ")}`);
  return version;
}

/** Publishes what the registry does not have yet, by the command that the workflow uses, which also makes the tags. */
export async function publish(tree: string, registry: Registry, scope: string): Promise<readonly string[]> {
  await writeFile(join(tree, ".npmrc"), registry.npmrc(scope));
  const env = { ...cleanEnvironment, npm_config_registry: registry.url, npm_config_userconfig: join(tree, ".npmrc") };
  const { stdout } = await execa("changeset", ["publish"], { cwd: tree, preferLocal: true, localDir: root, env, extendEnv: false });
  const { stdout: tags } = await git(tree, "tag", "--points-at", "HEAD");
  const published = tags.split("\n").filter((tag) => tag !== "");
  if (published.length === 0) throw new Error(`nothing was published:\n${stdout}`);
  return published;
}
