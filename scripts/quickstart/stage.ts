import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackends, type Backends, type VolumeDriver } from "@opensds/core";
import { ceph } from "@opensds/driver-ceph";
import { cinder } from "@opensds/driver-cinder";
import { adminRbd, labDown, labStatus, labUp, type OnProgress } from "@opensds/lab";
import { reference } from "@opensds/testkit/reference";
import { execa } from "execa";
import type { QuickstartArguments } from "./arguments.js";
import { sha256Of } from "./checksum.js";

/** How an outsider, who knows nothing of this project, sees the volume. */
export interface Outsider {
  /** The names of what the backend stores, seen with its own stock command. */
  stored(): Promise<readonly string[]>;
  /** Takes the bytes out with the stock command; SHA-256 of all of them, and of one file in the file system that they hold. */
  exported(stored: string, file: string): Promise<{ readonly whole: string; readonly file: string }>;
}

/** Where the quickstart plays: a backend, a directory of its own, and what to clear away. */
export interface Stage {
  readonly backends: Backends;
  readonly driver: VolumeDriver;
  /** A directory of this run's own; nothing of it is left afterwards. */
  readonly folder: string;
  readonly outsider: Outsider | undefined;
  /** Closes and removes everything; tells what was left over by mistake. */
  clear(): Promise<readonly string[]>;
}

/** Sets the stage. */
export async function setStage(options: QuickstartArguments, onProgress: OnProgress): Promise<Stage> {
  return options.backend === "reference" ? stageReference() : stageLab(options.backend, options.keep, onProgress);
}

async function stageReference(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "opensds-quickstart-"));
  await mkdir(join(folder, "volumes"));
  const backends = await openBackends(
    {
      host: { runtimeDir: join(folder, "run") },
      backends: { quickstart: { reference_driver: { dir: join(folder, "volumes") } } },
    },
    { drivers: [reference] },
  );
  const clear = async (): Promise<readonly string[]> => {
    await backends.unset();
    const left = await leftOver(folder, join(folder, "volumes"));
    await rm(folder, { recursive: true });
    return left;
  };
  return { backends, driver: backends.get("quickstart"), folder, outsider: undefined, clear };
}

async function stageLab(backend: "ceph" | "cinder", keep: boolean, onProgress: OnProgress): Promise<Stage> {
  const before = await labStatus();
  const status = before[backend].state === "up" ? before : await labUp(backend, { onProgress }).catch(async (error: unknown) => {
    // Interrupted too; what was there before is no business of this run's.
    if (before.ceph.state === "down" && !keep) await labDown({ onProgress });
    throw error;
  });
  if (status.ceph.state !== "up") throw new Error(`the lab's Ceph is ${status.ceph.state}; see npm run lab -- status`);
  const { backendsFile } = status.ceph;
  // Cinder's volumes are images too, in a pool of its own.
  const pool = status.cinder.state === "up" && backend === "cinder" ? status.cinder.pool : "dock";
  const folder = await mkdtemp(join(tmpdir(), "opensds-quickstart-"));
  const backends = await openBackends(backendsFile, { drivers: [ceph, cinder] });
  const clear = async (): Promise<readonly string[]> => {
    await backends.unset();
    const left = await leftOver(folder, undefined);
    await rm(folder, { recursive: true });
    // What somebody had up before stays up.
    if (before.ceph.state !== "up" && !keep) await labDown({ onProgress });
    return left;
  };
  return { backends, driver: backends.get(backend), folder, outsider: outsiderOfPool(pool, folder), clear };
}

function outsiderOfPool(pool: string, folder: string): Outsider {
  return {
    stored: async () => {
      const names: unknown = JSON.parse(await adminRbd(["ls", pool, "--format", "json"]));
      return Array.isArray(names) ? names.map(String) : [];
    },
    exported: async (stored, file) => {
      const copy = join(folder, "export.img");
      const directory = join(folder, "exported");
      await adminRbd(["export", "--no-progress", `${pool}/${stored}`, copy]);
      const whole = await sha256Of(copy);
      await mkdir(directory);
      await execa("mount", ["-o", "ro,loop", copy, directory]);
      try {
        return { whole, file: await sha256Of(join(directory, file)) };
      } finally {
        await execa("umount", [directory]);
        await rm(copy);
      }
    },
  };
}

/** Mounts and loop devices that still name this run's directory, and volumes' files that are still there. */
async function leftOver(folder: string, volumes: string | undefined): Promise<readonly string[]> {
  const left: string[] = [];
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  if (mounts.includes(folder)) left.push(`a mount under ${folder}`);
  for (const device of await readdir("/sys/block").catch(() => [])) {
    const backing = await readFile(`/sys/block/${device}/loop/backing_file`, "utf8").catch(() => "");
    if (backing.startsWith(folder)) left.push(`/dev/${device} on ${backing.trim()}`);
  }
  if (volumes !== undefined) {
    const files = (await readdir(volumes, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    left.push(...files.map((entry) => `the file ${join(entry.parentPath, entry.name)}`));
  }
  return left;
}
