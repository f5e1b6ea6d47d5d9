import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * What programs in a machine use: see `loadProgram`. It stands apart from the rest of the lab, which would all be put into the program's one file.
 */

/** Runs a program that must succeed. */
export function must(file: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${file} ${args.join(" ")} failed: ${stderr || String(error)}`);
  return stdout;
}

/** Says how far the scenario is, with the machine's own time. */
export function note(what: string): void {
  console.log(`[${readFileSync("/proc/uptime", "utf8").split(" ")[0] ?? ""}] ${what}`);
}

export const deviceBytes = (path: string): number => Number(must("blockdev", "--getsize64", path));

export const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
