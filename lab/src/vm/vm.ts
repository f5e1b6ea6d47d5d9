import { cephStatus } from "../ceph/status.js";
import { acquireLock } from "../lock.js";
import { labPaths, type RootOption } from "../paths.js";
import { type OnProgress, step } from "../progress.js";
import { cephPorts } from "./forwards.js";
import { prepareGuestPackages } from "./guest-packages.js";
import { prepareKernel } from "./kernel.js";
import { vmFiles } from "./layout.js";
import { bootMachine, type Vm } from "./machine.js";
import { ensureVmPackages } from "./packages.js";

export interface VmOptions extends RootOption {
  /** Loopback ports of the host, besides those of the lab's Ceph, that the machine reaches on its own loopback. Default: none. */
  readonly ports?: readonly number[] | undefined;
  /** Debian packages, dependencies listed too, that it has and this host need not: unpacked there, never installed. Default: none. */
  readonly packages?: readonly string[] | undefined;
  /** Its memory, files that it writes included. Default 2048. */
  readonly memoryMiB?: number | undefined;
  /** It is ended after this time, whatever it does. Default: ten minutes. */
  readonly lifetimeMs?: number | undefined;
  /** Whether missing Debian packages may be installed; true by default. */
  readonly install?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Boots a virtual machine with Debian's kernel, which has what this host's may lack: rbd, nbd, iSCSI, NVMe, device-mapper. Its files
 * are the host's, read-only, under a layer of its own; the lab's Ceph, where it is up, is at the same addresses inside.
 */
export async function startVm(options: VmOptions = {}): Promise<Vm> {
  const onProgress = options.onProgress ?? ((): void => undefined);
  const paths = labPaths(options);
  const files = vmFiles(paths);
  const lock = await acquireLock(`${paths.fingerprint}-vm`, {
    purpose: "preparing a virtual machine",
    onWait: (holder) => onProgress({ step: `waiting for another lab command here: ${holder}`, phase: "note" }),
  });
  let trees: readonly string[];
  try {
    await ensureVmPackages({ install: options.install ?? true, onProgress });
    await prepareKernel(files, onProgress);
    trees = await prepareGuestPackages(files, options.packages ?? [], onProgress);
  } finally {
    lock.release();
  }
  const ports = [...new Set([...cephPorts(await cephStatus(paths)), ...(options.ports ?? [])])];
  const { memoryMiB = 2048, lifetimeMs = 10 * 60_000 } = options;
  return step(onProgress, "virtual machine booted", () => bootMachine(files, { ports, trees, memoryMiB, lifetimeMs }));
}
