import { existsSync } from "node:fs";
import { LabError } from "../errors.js";
import { cannotInstall, installPackages, missingPackages } from "../packages.js";
import { type PackageOptions } from "../packages.js";

/** The machine itself and its first file system; then what tests use inside, where the host's programs are seen. */
const VM_PACKAGES = [
  ...["qemu-system-x86", "busybox-static", "cpio", "kmod", "socat", "iproute2"],
  ...["ceph-common", "rbd-nbd", "open-iscsi", "nvme-cli", "dmsetup", "e2fsprogs", "xfsprogs"],
] as const;

/** Installs what the virtual machine needs, or says how to. */
export async function ensureVmPackages({ install, onProgress }: PackageOptions): Promise<void> {
  if (process.arch !== "x64" || !existsSync("/usr/bin/dpkg-query")) {
    throw new LabError("The lab's virtual machine runs Debian's amd64 kernel and needs an x86-64 Debian, or a kin of it, to unpack it on.");
  }
  const missing = await missingPackages(VM_PACKAGES);
  if (missing.length === 0) return;
  onProgress({ step: `Debian packages missing: ${missing.join(" ")}`, phase: "note" });
  const obstacle = install ? cannotInstall() : "--no-install was given";
  if (obstacle === undefined) return installPackages(missing, onProgress);
  const command = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  throw new LabError(`The virtual machine cannot run without ${missing.join(" ")}, and ${obstacle}. Install them with:\n  ${command}`);
}
