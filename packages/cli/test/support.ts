import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../bin/opensds.js", import.meta.url));
const testkit = fileURLToPath(new URL("../../testkit", import.meta.url));

/** How a process of the command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An operator's working directory: a backends file, and the drivers that are installed there. */
export interface Desk {
  readonly folder: string;
  /** Runs the built command there, in a process of its own. */
  opensds(...args: readonly string[]): Promise<Ended>;
  /** The same, and reads what it prints as JSON; a failure throws. */
  json(...args: readonly string[]): Promise<unknown>;
  remove(): Promise<void>;
}

/** Makes a directory with two file-backed backends and one that does not work. */
export async function createDesk(): Promise<Desk> {
  if (!existsSync(new URL("../dist/cli.js", import.meta.url))) throw new Error("the command is not built; run: npm run build");
  const folder = await realpath(await mkdtemp(join(tmpdir(), "opensds-cli-")));
  await mkdir(join(folder, "node_modules/@opensds"), { recursive: true });
  await symlink(testkit, join(folder, "node_modules/@opensds/testkit"), "junction");
  const reference = (dir: string): object => ({ module: "@opensds/testkit/reference", reference_driver: { dir: join(folder, dir), trash: true } });
  const host = { runtimeDir: join(folder, "run") };
  await writeFile(join(folder, "backends.json"), JSON.stringify({ host, backends: { local: reference("volumes") } }));
  const several = { local: reference("volumes"), other: reference("others"), broken: reference("no/such/parent") };
  await writeFile(join(folder, "several.json"), JSON.stringify({ host, backends: several }));
  const opensds = (...args: readonly string[]): Promise<Ended> => run(folder, args);
  return {
    folder,
    opensds,
    json: async (...args) => {
      const { code, stdout, stderr } = await opensds(...args);
      if (code !== 0) throw new Error(`opensds ${args.join(" ")} ended with ${String(code)}: ${stderr}`);
      const value: unknown = JSON.parse(stdout);
      return value;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Neither this process's settings for the command, nor what makes Node behave otherwise. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPENSDS_|NODE_OPTIONS$|VITEST)/.test(name)));
}

function run(cwd: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { cwd, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
