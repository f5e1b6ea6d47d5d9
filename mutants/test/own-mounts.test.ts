import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withOwnMounts } from "../src/run/own-mounts.js";

const canMount = process.platform === "linux" && process.getuid?.() === 0 && existsSync("/dev/loop-control");

const run = (file: string, ...args: readonly string[]): string => execFileSync(file, args, { encoding: "utf8" });
const inside = (...command: readonly [string, ...string[]]): string => {
  const [file, ...args] = withOwnMounts(command);
  return run(file, ...args);
};

it.skipIf(!canMount)("a job holds no copy of a mount that was there before, and what it mounts nobody else sees", async () => {
  const directory = await mkdtemp(join(tmpdir(), "own mounts-"));
  const [image, target] = [join(directory, "image"), join(directory, "target")];
  await writeFile(image, "");
  await truncate(image, 2 ** 23);
  await mkdir(target);
  run("mkfs.ext4", "-q", image);
  try {
    run("mount", "-o", "loop", image, target);
    const shown = target.replaceAll(" ", "\\040");
    expect(run("cat", "/proc/mounts")).toContain(shown);
    expect(inside("cat", "/proc/mounts")).not.toContain(shown);
    // And there was no unmounting of the mount itself.
    expect(run("cat", "/proc/mounts")).toContain(shown);
    run("umount", target);
    expect(inside("sh", "-c", `mount -t tmpfs none '${target}' && cat /proc/mounts`)).toContain(shown);
    expect(run("cat", "/proc/mounts")).not.toContain(shown);
  } finally {
    if (run("cat", "/proc/mounts").includes("own\\040mounts-")) run("umount", target);
    await rm(directory, { recursive: true, force: true });
  }
});
