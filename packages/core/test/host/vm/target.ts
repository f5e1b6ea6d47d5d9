import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import type { ConnectionInfo } from "@opensds/core";
import { must } from "@opensds/lab/guest";

/** A storage target in the machine's own kernel, with two units on one target. */
export interface Target {
  readonly method: string;
  /** How to reach its unit 1 or 2, as the host whom the target expects. */
  info(unit: 1 | 2): ConnectionInfo;
  /** As somebody whom it does not let in, and the reason that this has to give. */
  readonly stranger: { readonly info: ConnectionInfo; readonly reason: string };
  /** Unit 1 becomes this large. */
  grow(bytes: number): void;
  /** What this host is logged in to, one line each. */
  sessions(): readonly string[];
  /** Disks that came from it. */
  disks(): readonly string[];
  /** What must not be found in any argument, file or message; undefined where there is no secret. */
  readonly secret: string | undefined;
}

export const MiB = 1024 * 1024;
export const unitBytes = 320 * MiB;

/** A disk that a target serves: a loop device, which grows while it is served. */
export function makeBackingDisk(name: string): { readonly path: string; grow(bytes: number): void } {
  const file = `/tmp/${name}`;
  must("truncate", "--size", String(unitBytes), file);
  const path = must("losetup", "--find", "--show", file).trim();
  return {
    path,
    grow: (bytes) => {
      must("truncate", "--size", String(bytes), file);
      must("losetup", "--set-capacity", path);
    },
  };
}

/** A tree of the kernel's configuration: directories by path, files by path and value. */
export function configure(root: string, entries: readonly (readonly [path: string, value?: string])[]): void {
  for (const [path, value] of entries) {
    if (value === undefined) mkdirSync(`${root}/${path}`, { recursive: true });
    else writeFileSync(`${root}/${path}`, value);
  }
}

export function mountConfigfs(): string {
  const root = "/sys/kernel/config";
  if (!existsSync(`${root}/target`) && !existsSync(`${root}/nvmet`)) must("sh", "-c", `mountpoint -q ${root} || mount -t configfs none ${root}`);
  return root;
}

export const entries = (directory: string): readonly string[] => (existsSync(directory) ? readdirSync(directory) : []);
