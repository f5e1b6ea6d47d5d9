import { execFile } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a directory of this run begins with: the process's id tells others whether somebody still works in it. */
export const directoryPrefix = `sbmutants-${process.pid}-`;

/** Cleans up after runs that were killed before they could; returns what was there. */
export async function sweep(): Promise<readonly string[]> {
  const left = (await readdir(tmpdir())).filter((name) => isDead(Number(/^sbmutants-(\d+)-/.exec(name)?.[1] ?? process.pid)));
  for (const name of left) await cleanUp(join(tmpdir(), name));
  return left;
}

function isDead(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** Takes away what a broken driver left of a job: mounts and loop devices of files in its directory, then the directory. */
export async function cleanUp(directory: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8").catch(() => "")).split("\n").map((line) => line.split(" "));
  const devices = await devicesOf(directory);
  for (const fields of mounts.reverse()) {
    const [target, source] = [fields[4] ?? "", fields.at(-2) ?? ""];
    if (target.startsWith(`${directory}/`) || devices.includes(source)) await run("umount", ["--lazy", target]).catch(() => undefined);
  }
  // Looked at anew: one that went with its mount may be another job's by now, and a detached device reads as nothing.
  for (const device of await devicesOf(directory)) {
    if ((await devicesOf(directory)).includes(device)) await run("losetup", ["--detach", device]).catch(() => undefined);
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

async function devicesOf(directory: string): Promise<readonly string[]> {
  const names = (await readdir("/sys/block").catch(() => [])).filter((name) => name.startsWith("loop"));
  const found = names.map(async (name) => {
    const backing = await readFile(`/sys/block/${name}/loop/backing_file`, "utf8").catch(() => "");
    return backing.startsWith(`${directory}/`) ? [`/dev/${name}`] : [];
  });
  return (await Promise.all(found)).flat();
}
