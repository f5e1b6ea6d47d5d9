import { run, type RunOptions } from "../commands.js";
import { labPaths, type LabPaths, type RootOption } from "../paths.js";
import { cephFiles } from "./layout.js";

/** `ceph` as client.admin of the lab's cluster; returns its output. */
export async function adminCeph(args: readonly string[], options: RootOption & RunOptions = {}): Promise<string> {
  return ceph(labPaths(options), args, options);
}

/** `rbd` as client.admin of the lab's cluster; returns its output. */
export async function adminRbd(args: readonly string[], options: RootOption & RunOptions = {}): Promise<string> {
  return rbd(labPaths(options), args, options);
}

export async function ceph(paths: LabPaths, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return run("ceph", ["-c", cephFiles(paths).adminConf, ...args], options);
}

export async function rbd(paths: LabPaths, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return run("rbd", ["-c", cephFiles(paths).adminConf, ...args], options);
}
