import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunResult, tryRun } from "./commands.js";
import { readIfThere } from "./files.js";
import { currentMounts, isUnder, type Mount } from "./mounts.js";
import { endProcesses, labProcesses, type LabProcess } from "./processes.js";

export interface LoopDevice {
  readonly name: string;
  /** major:minor, as the mount table names it. */
  readonly device: string;
  readonly backingFile: string;
}

/** Programs that hold up a device or a directory of an attached volume. */
const HELPERS: ReadonlySet<string> = new Set(["qemu-storage-daemon", "rbd-fuse", "rbd-nbd"]);

const PATIENCE_MS = 10_000;

/**
 * Takes off this host what drivers under test left attached or mounted: file systems, loop devices, FUSE mounts and
 * their helpers, as far as they lie under the lab's directory. Run it while the cluster serves: then what was written
 * is flushed. What then still holds a device (the process of another container, say) is returned as a list of complaints.
 */
export async function removeLeftovers(lab: string): Promise<string[]> {
  const loops = loopDevices(lab);
  const onLoops = (): Mount[] => currentMounts().filter((mount) => loops.some((loop) => loop.device === mount.device));
  const inLab = (): Mount[] => currentMounts().filter((mount) => isUnder(mount.target, lab));
  const helpers = (): LabProcess[] => labProcesses(lab).filter((process) => HELPERS.has(process.program));

  await unmountAll(onLoops());
  for (const loop of loops) await tryPatiently("losetup", ["-d", `/dev/${loop.name}`]);
  await endProcesses(helpers, 3_000);
  // With the helper gone, a file system that hung gets errors instead, and can go.
  await unmountAll([...onLoops(), ...inLab()], ["--lazy"]);

  const mounts = [...onLoops(), ...inLab()].map((mount) => `${mount.target} is still mounted`);
  const devices = loopDevices(lab).map((loop) => `/dev/${loop.name} still has ${loop.backingFile}: ${holdersOf(loop)}`);
  return [...mounts, ...devices];
}

async function unmountAll(mounts: readonly Mount[], flags: readonly string[] = []): Promise<void> {
  for (const mount of [...mounts].reverse()) {
    const result = await tryPatiently("umount", [...flags, mount.target]);
    // Who is not root may take down only FUSE mounts of his own, and only so.
    if (result?.exitCode !== 0 && mount.type.startsWith("fuse")) {
      await tryPatiently("fusermount3", ["-u", "-z", mount.target]);
    }
  }
}

/**
 * Undefined when it takes too long. A command that waits for a device without a backend heeds no signal, so it is left
 * behind: it ends when the device's helper has been ended, and its I/O fails.
 */
async function tryPatiently(file: string, args: readonly string[]): Promise<RunResult | undefined> {
  const waiting = new AbortController();
  const tooLong = sleep(PATIENCE_MS, undefined, { signal: waiting.signal, ref: false }).catch(() => undefined);
  try {
    return await Promise.race([tryRun(file, args, { timeoutMs: 0 }), tooLong]);
  } finally {
    waiting.abort();
  }
}

/** Loop devices on files under `directory`, as the kernel lists them. */
export function loopDevices(directory: string, sysfs = "/sys/block"): LoopDevice[] {
  return readdirSync(sysfs)
    .filter((name) => /^loop\d+$/u.test(name))
    .map((name) => ({
      name,
      device: (readIfThere(`${sysfs}/${name}/dev`) ?? "").trim(),
      // The kernel marks a file that was removed meanwhile.
      backingFile: (readIfThere(`${sysfs}/${name}/loop/backing_file`) ?? "").trim().replace(/ \(deleted\)$/u, ""),
    }))
    .filter((loop) => isUnder(loop.backingFile, directory));
}

/** A mount in another mount namespace keeps a device alive after `losetup -d`, and is not in our own mount table. */
function holdersOf(loop: LoopDevice): string {
  const pids = readdirSync("/proc").filter((entry) => {
    if (!/^\d+$/u.test(entry)) return false;
    try {
      return (readIfThere(`/proc/${entry}/mountinfo`) ?? "").includes(` ${loop.device} `);
    } catch {
      return false;
    }
  });
  return pids.length === 0 ? "something holds it open" : `mounted as seen by process ${pids.slice(0, 5).join(", ")}`;
}
