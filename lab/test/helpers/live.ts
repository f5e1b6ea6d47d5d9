import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loopDevices } from "../../src/leftovers.js";
import { currentMounts, isUnder } from "../../src/mounts.js";
import { labPaths } from "../../src/paths.js";
import { labProcesses } from "../../src/processes.js";

/** The top-level test run sets it; a plain `vitest` on a laptop must not start a storage cluster. */
export const LIVE = process.env["SB_LAB_LIVE"] === "1";

/** A lab of the test's own: never the checkout's, which others may be using. */
export function scratchRoot(): string {
  return mkdtempSync(join(tmpdir(), "lab-live-"));
}

/** Also proves that `down` left the directory as it was found: empty. */
export function removeScratchRoot(root: string): void {
  rmdirSync(root);
}

/** The lab's command, in a process group of its own, so that all of it can be killed at one blow. */
export function spawnLab(args: readonly string[]): ChildProcess {
  const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
  return spawn(process.execPath, ["--import", "tsx", cli, ...args], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
}

export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) throw new Error("It was never started.");
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself already.
  }
}

/** Everything that a lab is able to leave on a machine; empty after `down`. */
export function traces(root: string): string[] {
  const paths = labPaths({ root });
  return [
    ...labProcesses(paths.lab).map((process) => `process ${process.pid}: ${process.args.join(" ")}`),
    ...currentMounts().filter((mount) => isUnder(mount.target, paths.lab)).map((mount) => `mount ${mount.target}`),
    ...loopDevices(paths.lab).map((loop) => `loop device ${loop.name}`),
    ...[paths.lab, paths.sockets].filter((path) => existsSync(path)),
  ];
}

/** Local addresses that the processes listen on, as the kernel lists them: `0100007F:1F90` is 127.0.0.1:8080. */
export function listeners(pids: readonly number[]): { address: string; port: number }[] {
  const inodes = new Set(pids.flatMap(socketInodes));
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/u))
      .filter((fields) => fields[3] === "0A" && inodes.has(fields[9] ?? ""))
      .map((fields) => {
        const [address = "", port = ""] = (fields[1] ?? "").split(":");
        return { address, port: Number.parseInt(port, 16) };
      }),
  );
}

function socketInodes(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/u.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.slice(1, 2) ?? [];
    } catch {
      return [];
    }
  });
}
