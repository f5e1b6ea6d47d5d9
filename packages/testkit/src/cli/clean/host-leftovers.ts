import { execFile } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { mentions } from "../../run/mentions.js";
import type { Leftover } from "./remove-leftovers.js";

const run = async (file: string, ...args: readonly string[]): Promise<void> => {
  const path = [process.env["PATH"] ?? "", "/usr/sbin", "/sbin", "/usr/bin", "/bin"].join(":");
  await promisify(execFile)(file, args, { env: { ...process.env, PATH: path, LC_ALL: "C" }, timeout: 30_000 });
};

/** Mounts in directories of the run, the deepest and newest first. */
export async function unmountBelow(prefix: string): Promise<readonly Leftover[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  const targets = text.split("\n").flatMap((line) => line.split(" ")[4] ?? []);
  return targets
    .map((target) => target.replace(/\\([0-7]{3})/g, (_escape, octal: string) => String.fromCharCode(parseInt(octal, 8))))
    .filter((target) => target.includes(`/${prefix}-`))
    .reverse()
    .map((target) => ({ name: `mount ${target}`, remove: () => run("umount", target) }));
}

/** Loop devices of the run's volumes that no attachment is recorded for any more. */
export async function detachLoops(prefix: string, ids: ReadonlySet<string>): Promise<readonly Leftover[]> {
  const names = (await readdir("/sys/block").catch(() => [])).filter((name) => name.startsWith("loop"));
  const found: Leftover[] = [];
  for (const name of names) {
    const backing = await readFile(`/sys/block/${name}/loop/backing_file`, "utf8").catch(() => "");
    if (!backing.includes(prefix) && !mentions(backing, ids)) continue;
    found.push({ name: `device /dev/${name}`, remove: () => run("losetup", "-d", `/dev/${name}`) });
  }
  return found;
}

/** Directories that the run made for mounts and files. */
export async function removeDirectories(prefix: string): Promise<readonly Leftover[]> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(`${prefix}-`));
  return names.map((name) => ({ name: `directory ${join(tmpdir(), name)}`, remove: () => rm(join(tmpdir(), name), { recursive: true }) }));
}
