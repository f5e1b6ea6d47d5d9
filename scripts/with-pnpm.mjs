// Runs a project command on a machine that has Node and npm and nothing else.
//
//   node scripts/with-pnpm.mjs [--install] [--build] [command args...]
//
// --install  installs the locked dependencies when they are missing or older than the lock file
// --build    compiles the packages when their sources are newer than what was built
//
// Node built-ins only: this file runs before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

refuseOldNode(manifest.engines.node);
const { flags, command } = splitArguments(process.argv.slice(2));
if (flags.has("--install")) install();
if (flags.has("--build")) build();
if (command.length > 0) start(command[0], command.slice(1));

function refuseOldNode(range) {
  const [wantedMajor, wantedMinor] = range.replace(/^>=/, "").split(".").map(Number);
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= (wantedMinor ?? 0))) return;
  console.error(`This project needs Node ${range}; this is Node ${process.versions.node}.`);
  console.error("Install a newer Node, or run the command through one: npx -y node@24 scripts/with-pnpm.mjs ...");
  process.exit(1);
}

function splitArguments(args) {
  const flagCount = args.findIndex((arg) => arg !== "--install" && arg !== "--build");
  const end = flagCount === -1 ? args.length : flagCount;
  return { flags: new Set(args.slice(0, end)), command: args.slice(end) };
}

/** The command line that runs the pinned pnpm: the installed one, else one that npm brings. */
function pnpmCommand() {
  const pinned = manifest.packageManager.replace("pnpm@", "").split("+")[0];
  const local = join(root, "node_modules", "pnpm");
  if (existsSync(join(local, "package.json"))) {
    const installed = JSON.parse(readFileSync(join(local, "package.json"), "utf8")).version;
    if (installed === pinned) return [process.execPath, join(local, "bin", "pnpm.cjs")];
  }
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  return [...npm, "exec", "--yes", `--package=pnpm@${pinned}`, "--", "pnpm"];
}

function pnpm(...args) {
  const [file, ...first] = pnpmCommand();
  return run(file, [...first, ...args]);
}

function install() {
  const lock = join(root, "pnpm-lock.yaml");
  // pnpm writes this file last, so an interrupted install is seen as no install.
  const installed = join(root, "node_modules", ".modules.yaml");
  if (existsSync(installed) && sameLock(lock)) return;
  console.error("Installing the locked dependencies ...");
  // Never through a lock-file change: what was tested is what is installed.
  stopUnless(pnpm("install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"), "install");
}

function sameLock(lock) {
  const copy = join(root, "node_modules", ".pnpm", "lock.yaml");
  if (!existsSync(copy) || !existsSync(lock)) return false;
  return readFileSync(copy, "utf8") === readFileSync(lock, "utf8");
}

function build() {
  const stamp = join(root, "node_modules", ".cache", "opensds-build");
  const sources = newestSource();
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= sources && allBuilt()) return;
  console.error("Building the packages ...");
  rmSync(stamp, { force: true });
  stopUnless(run("tsc", ["-b"]), "type check");
  stopUnless(pnpm("--recursive", "--filter", "./packages/*", "--workspace-concurrency=2", "run", "build"), "build");
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, "");
}

function packageFolders() {
  return readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
}

function allBuilt() {
  return packageFolders().every((folder) => existsSync(join(folder, "dist", "index.js")));
}

function newestSource() {
  let newest = 0;
  const visit = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.name === "node_modules" || entry.name === "dist" || entry.name === "template") continue;
      const child = join(path, entry.name);
      newest = Math.max(newest, statSync(child).mtimeMs);
      if (entry.isDirectory()) visit(child);
    }
  };
  // The example driver is what the testkit's `init` copies: part of that package.
  for (const folder of [...packageFolders(), join(root, "examples", "third-party-driver")]) visit(folder);
  return Math.max(newest, statSync(join(root, "pnpm-lock.yaml")).mtimeMs);
}

function stopUnless(status, what) {
  if (status === 0) return;
  console.error(`The ${what} failed (exit ${status}).`);
  process.exit(status);
}

/** Runs what installs and builds, and waits. */
function run(file, args) {
  const result = spawnSync(file, args, options());
  if (result.error) return cannotRun(file, result.error);
  return exitCode(result.status, result.signal);
}

/** Runs the command itself. Who ends this process ends the command, which may have things to take away first. */
function start(file, args) {
  const child = spawn(file, args, options());
  child.on("error", (error) => (process.exitCode = cannotRun(file, error)));
  child.on("exit", (status, signal) => (process.exitCode = exitCode(status, signal)));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal's Ctrl-C has reached the command already.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  // npm tells the shell that it has started this by, and the shell ends without a word.
  const starter = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === starter) return;
    clearInterval(look);
    child.kill("SIGTERM");
  }, 500);
  look.unref();
}

function options() {
  const bin = join(root, "node_modules", ".bin");
  return {
    // `npm run` starts scripts in the project's root; stay where the caller stood otherwise.
    stdio: "inherit",
    shell: process.platform === "win32",
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` },
  };
}

function cannotRun(file, error) {
  console.error(`Cannot run ${file}: ${error.message}`);
  return 127;
}

/** As a shell tells it. */
function exitCode(status, signal) {
  return signal ? 128 + constants.signals[signal] : (status ?? 1);
}
