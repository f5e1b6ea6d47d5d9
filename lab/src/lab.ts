import { rmSync } from "node:fs";
import { removeCluster } from "./ceph/down.js";
import { type CephStatus, cephStatus } from "./ceph/status.js";
import { upCeph } from "./ceph/up.js";
import { removeCloud } from "./cinder/down.js";
import { type CinderStatus, cinderStatus } from "./cinder/status.js";
import { upCinder } from "./cinder/up.js";
import { LabError, usageError } from "./errors.js";
import { removeIfEmpty } from "./files.js";
import { removeLeftovers } from "./leftovers.js";
import { acquireLock, type Lock } from "./lock.js";
import { refuseMountsUnder } from "./mounts.js";
import { ensurePackages, removeStalePolicy } from "./packages.js";
import { labPaths, type LabPaths, type RootOption } from "./paths.js";
import { type OnProgress, step } from "./progress.js";
import { removeVms } from "./vm/down.js";

export const BACKENDS = ["ceph", "cinder"] as const;
export type BackendName = (typeof BACKENDS)[number];

export interface LabStatus {
  readonly ceph: CephStatus;
  readonly cinder: CinderStatus;
}

export interface UpOptions extends RootOption {
  /** How many OSDs a new cluster gets; 1 by default. */
  readonly osds?: number | undefined;
  /** Whether missing Debian packages may be installed; true by default. */
  readonly install?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface DownOptions extends RootOption {
  readonly onProgress?: OnProgress | undefined;
}

export async function labStatus(options: RootOption = {}): Promise<LabStatus> {
  const paths = labPaths(options);
  const [ceph, cinder] = await Promise.all([cephStatus(paths), cinderStatus(paths)]);
  return { ceph, cinder };
}

/**
 * Brings a backend up, from nothing, from a half-made one, or from one that lost daemons; harmless when it is up. Cinder's volumes
 * are in the lab's Ceph, which comes up with it.
 */
export async function labUp(backend: BackendName, options: UpOptions = {}): Promise<LabStatus> {
  if (!isBackend(backend)) throw usageError(unknownBackend(backend));
  requireLinux();
  const onProgress = options.onProgress ?? ignore;
  const paths = labPaths(options);
  const lock = await lockLab(paths, `up ${backend}`, onProgress);
  try {
    await ensurePackages(backend, { install: options.install ?? true, onProgress });
    const was = await upCeph(paths, options.osds, onProgress);
    if (was) onProgress({ step: "ceph is up already", phase: "note" });
    if (backend === "cinder" && (await upCinder(paths, onProgress))) onProgress({ step: "cinder is up already", phase: "note" });
    return await labStatus(options);
  } finally {
    lock.release();
  }
}

/** Ends and removes all that the lab made, and what drivers left attached under it; harmless when there is nothing. */
export async function labDown(options: DownOptions = {}): Promise<void> {
  requireLinux();
  const onProgress = options.onProgress ?? ignore;
  const paths = labPaths(options);
  const lock = await lockLab(paths, "down", onProgress);
  try {
    removeStalePolicy();
    const complaints = await step(onProgress, "attached volumes let go", () => removeLeftovers(paths.lab));
    if ((await cinderStatus(paths)).state !== "down") await step(onProgress, "cinder down", () => removeCloud(paths));
    await removeVms(paths, onProgress);
    await step(onProgress, "ceph down", () => removeCluster(paths));
    refuseMountsUnder(paths.lab);
    if (complaints.length > 0) throw new LabError(`Not everything could be let go:\n${complaints.join("\n")}`);
    rmSync(paths.host, { recursive: true, force: true });
    rmSync(paths.backendsFile, { force: true });
    removeIfEmpty(paths.lab);
  } finally {
    lock.release();
  }
}

function requireLinux(): void {
  if (process.platform !== "linux") throw new LabError("The lab needs Linux: Ceph's daemons run nowhere else.");
}

export function isBackend(name: string): name is BackendName {
  return BACKENDS.some((known) => known === name);
}

export function unknownBackend(name: string): string {
  return `The lab has no backend ${JSON.stringify(name)}; it knows: ${BACKENDS.join(", ")}.`;
}

/** One change of a lab at a time: a second `up` waits, and then finds it up. */
function lockLab(paths: LabPaths, purpose: string, onProgress: OnProgress): Promise<Lock> {
  return acquireLock(paths.fingerprint, {
    purpose,
    onWait: (holder) => onProgress({ step: `waiting for another lab command here: ${holder}`, phase: "note" }),
  });
}

function ignore(): void {
  // Nobody wants to know.
}
