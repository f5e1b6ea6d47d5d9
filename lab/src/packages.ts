import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run, tryRun } from "./commands.js";
import { LabError } from "./errors.js";
import { readIfThere } from "./files.js";
import { acquireLock } from "./lock.js";
import { type OnProgress, step } from "./progress.js";

/** Without these there is no cluster. */
const CLUSTER_PACKAGES = ["ceph-mon", "ceph-osd", "ceph-mgr", "ceph-common", "librbd1", "librados2"] as const;

/** With these its volumes become devices and file systems on this host, also where the kernel has no rbd. */
const ATTACH_PACKAGES = [
  "qemu-system-common",
  "qemu-block-extra",
  "fuse3",
  "xfsprogs",
  "e2fsprogs",
  "util-linux",
] as const;

/** Where dpkg does not keep the books, these tell whether the cluster's programs are there. */
const CLUSTER_PROGRAMS = ["ceph-mon", "ceph-osd", "ceph-mgr", "ceph", "rbd", "monmaptool"];

const POLICY_FILE = "/usr/sbin/policy-rc.d";
const POLICY_MARK = "# opensds lab: packages start no daemon while it installs them; process ";
const INSTALL_FLAGS = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];

export interface PackageOptions {
  readonly install: boolean;
  readonly onProgress: OnProgress;
}

export async function ensurePackages({ install, onProgress }: PackageOptions): Promise<void> {
  if (!existsSync("/usr/bin/dpkg-query")) {
    requirePrograms();
    return;
  }
  const missing = await missingPackages();
  if (missing.length === 0) return;

  onProgress({ step: `Debian packages missing: ${missing.join(" ")}`, phase: "note" });
  const obstacle = install ? cannotInstall() : "--no-install was given";
  if (obstacle === undefined) return installPackages(missing, onProgress);
  const command = `sudo apt-get update && sudo apt-get install ${INSTALL_FLAGS.slice(0, 2).join(" ")} ${missing.join(" ")}`;
  const needed = missing.filter((name) => CLUSTER_PACKAGES.some((cluster) => cluster === name));
  if (needed.length > 0) {
    throw new LabError(`Ceph cannot run without ${needed.join(" ")}, and ${obstacle}. Install them with:\n  ${command}`);
  }
  onProgress({ step: `not installed, for ${obstacle}; attaching volumes may fail. To install: ${command}`, phase: "note" });
}

async function missingPackages(): Promise<string[]> {
  const wanted = [...CLUSTER_PACKAGES, ...ATTACH_PACKAGES];
  // It exits with 1 when it does not know one of them, and lists the others all the same.
  const { stdout } = await tryRun("dpkg-query", ["-W", "-f=${Package}\\t${db:Status-Abbrev}\\n", ...wanted]);
  const installed = installedPackages(stdout);
  return wanted.filter((name) => !installed.has(name));
}

/** Lines of `name<TAB>ii `: wanted state, state, error flag. Only "installed" without an error counts. */
export function installedPackages(dpkgOutput: string): Set<string> {
  const installed = new Set<string>();
  for (const line of dpkgOutput.split("\n")) {
    const [name, status = ""] = line.split("\t");
    if (name !== undefined && name !== "" && status.charAt(1) === "i" && status.trim().length === 2) installed.add(name);
  }
  return installed;
}

function cannotInstall(): string | undefined {
  if (process.getuid?.() !== 0) return "only root may install packages";
  return isOnPath("apt-get") ? undefined : "there is no apt-get here";
}

async function installPackages(names: readonly string[], onProgress: OnProgress): Promise<void> {
  // Two labs that install at once would undo each other's policy file, and dpkg works for one at a time anyway.
  const lock = await acquireLock("packages", {
    purpose: "installing packages",
    onWait: (holder) => onProgress({ step: `waiting for another lab: ${holder}`, phase: "note" }),
  });
  try {
    await step(onProgress, "packages installed", () => withoutAutostart(() => aptInstall(names)));
  } finally {
    lock.release();
  }
}

async function aptInstall(names: readonly string[]): Promise<void> {
  const quietly = (...command: string[]): Promise<string> =>
    run("env", ["DEBIAN_FRONTEND=noninteractive", ...command], { timeoutMs: 20 * 60_000 });
  // What a killed install left unpacked has to be finished before apt does anything else.
  await quietly("dpkg", "--configure", "-a");
  await quietly("apt-get", "update");
  await quietly("apt-get", "install", ...INSTALL_FLAGS, ...names);
}

/** Debian's own switch: its helpers ask this script before they start a service, and 101 means no. */
async function withoutAutostart(work: () => Promise<void>): Promise<void> {
  removeStalePolicy();
  // The machine's owner has one, as container images do: it says no for us.
  if (existsSync(POLICY_FILE)) return work();
  writeFileSync(POLICY_FILE, `#!/bin/sh\n${POLICY_MARK}${process.pid}\nexit 101\n`, { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(POLICY_FILE, { force: true });
  }
}

/** What an install that was killed left; the machine's own stays, and so does that of another lab at work. */
export function removeStalePolicy(): void {
  const pid = policyOwner(readIfThere(POLICY_FILE) ?? "");
  if (pid !== undefined && !existsSync(`/proc/${pid}`) && process.getuid?.() === 0) rmSync(POLICY_FILE, { force: true });
}

/** The process of a lab that wrote it. */
export function policyOwner(policy: string): number | undefined {
  const line = policy.split("\n").find((text) => text.startsWith(POLICY_MARK));
  return line === undefined ? undefined : Number(line.slice(POLICY_MARK.length));
}

function requirePrograms(): void {
  const missing = CLUSTER_PROGRAMS.filter((name) => !isOnPath(name));
  if (missing.length === 0) return;
  throw new LabError(
    `Ceph cannot run without ${missing.join(" ")}, and this is no Debian whose packages the lab could install. ` +
      `Install Ceph's monitor, manager, OSD and common programs with this system's package manager.`,
  );
}

function isOnPath(program: string): boolean {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
