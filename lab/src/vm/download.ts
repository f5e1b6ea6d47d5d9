import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lastLines, run, tryRun } from "../commands.js";
import { LabError } from "../errors.js";

/**
 * Downloads Debian's packages and unpacks them into one tree, and installs nothing: no kernel, boot loader or service of this host is touched.
 * @param find gives the packages' names, of which the lists that apt has at the moment may have none
 */
export async function unpackPackages(tree: string, find: () => Promise<readonly string[]>): Promise<void> {
  const archives = `${tree}.archives`;
  for (const directory of [tree, archives]) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
  }
  if (!(await download(archives, await find()))) {
    // A machine that was just made has no lists of packages yet, and another's may be older than what the mirrors have.
    await run("apt-get", ["update"], { timeoutMs: 5 * 60_000 });
    const names = await find();
    if (names.length === 0) throw new LabError("Debian's package lists do not know what the virtual machine needs; sudo apt-get update, and try again.");
    await download(archives, names, true);
  }
  for (const name of readdirSync(archives)) await run("dpkg-deb", ["--extract", join(archives, name), tree], { timeoutMs: 5 * 60_000 });
  rmSync(archives, { recursive: true, force: true });
}

async function download(directory: string, names: readonly string[], last = false): Promise<boolean> {
  if (names.length === 0) return false;
  // apt-get downloads into the working directory and takes no other.
  const script = 'cd "$1" && shift && exec apt-get -q -o APT::Sandbox::User=root download "$@"';
  const result = await tryRun("sh", ["-c", script, "sh", directory, ...names], { timeoutMs: 10 * 60_000 });
  if (result.exitCode === 0) return true;
  if (last) throw new LabError(`${names.join(", ")} could not be downloaded:\n${lastLines(result.stderr)}`);
  return false;
}
