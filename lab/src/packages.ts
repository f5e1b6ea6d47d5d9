import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run, tryRun } from "./commands.js";
import { LabError } from "./errors.js";
import { readIfThere } from "./files.js";
import { acquireLock } from "./lock.js";
import { type OnProgress, step } from "./progress.js";

/** Without these there is no cluster. */
const CLUSTER_PACKAGES = ["ceph-mon", "ceph-osd", "ceph-mgr", "ceph-common", "librbd1", "librados2"] as const;

/**
 * The libraries that hold Keystone's and Cinder's code, not the packages of their services: those would add users, settings under
 * /etc and services, and the lab starts its own. The database without its service, for the same reason.
 */
const CLOUD_PACKAGES = [
  "python3-cinder",
  "python3-keystone",
  "uwsgi-core",
  "uwsgi-plugin-python3",
  "rabbitmq-server",
  "mariadb-server-core",
  "mariadb-client-core",
  "qemu-utils",
  "python3-rbd",
  "python3-rados",
] as const;

/** With these its volumes become devices and file systems on this host, also where the kernel has no rbd. */
const ATTACH_PACKAGES = [
  "qemu-system-common",
  "qemu-block-extra",
  "fuse3",
  "xfsprogs",
  "e2fsprogs",
  "util-linux",
  "fio",
] as const;

/** Where dpkg does not keep the books, these tell whether the cluster's programs are there. */
const CLUSTER_PROGRAMS = ["ceph-mon", "ceph-osd", "ceph-mgr", "ceph", "rbd", "monmaptool"];
const CLOUD_PROGRAMS = ["uwsgi_python3", "keystone-wsgi-public", "epmd", "mariadbd", "mariadb", "mariadb-install-db", "qemu-img"];

const POLICY_FILE = "/usr/sbin/policy-rc.d";
const POLICY_MARK = "# opensds lab: packages start no daemon while it installs them; process ";
const INSTALL_FLAGS = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];

export interface PackageOptions {
  readonly install: boolean;
  readonly onProgress: OnProgress;
}

/** What has packages of its own: Ceph, and the cloud on top of it. */
type Layer = "ceph" | "cinder";

export async function ensurePackages(layer: Layer, { install, onProgress }: PackageOptions): Promise<void> {
  const needed: readonly string[] = layer === "ceph" ? CLUSTER_PACKAGES : [...CLUSTER_PACKAGES, ...CLOUD_PACKAGES];
  if (!existsSync("/usr/bin/dpkg-query")) {
    requirePrograms(layer === "ceph" ? CLUSTER_PROGRAMS : [...CLUSTER_PROGRAMS, ...CLOUD_PROGRAMS]);
    return;
  }
  const missing = await missingPackages([...needed, ...ATTACH_PACKAGES]);
  if (missing.length === 0) return;

  onProgress({ step: `Debian packages missing: ${missing.join(" ")}`, phase: "note" });
  const obstacle = install ? cannotInstall() : "--no-install was given";
  if (obstacle === undefined) return installPackages(missing, onProgress);
  const command = `sudo apt-get update && sudo apt-get install ${INSTALL_FLAGS.slice(0, 2).join(" ")} ${missing.join(" ")}`;
  const lacking = missing.filter((name) => needed.includes(name));
  if (lacking.length > 0) {
    throw new LabError(`The lab cannot run without ${lacking.join(" ")}, and ${obstacle}. Install them with:\n  ${command}`);
  }
  onProgress({ step: `not installed, for ${obstacle}; attaching volumes may fail. To install: ${command}`, phase: "note" });
}

/** Those of the wanted Debian packages that are not installed. */
export async function missingPackages(wanted: readonly string[]): Promise<string[]> {
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

/** Why packages cannot be installed by this process; undefined when they can. */
export function cannotInstall(): string | undefined {
  if (process.getuid?.() !== 0) return "only root may install packages";
  return isOnPath("apt-get") ? undefined : "there is no apt-get here";
}

export async function installPackages(names: readonly string[], onProgress: OnProgress): Promise<void> {
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

function requirePrograms(programs: readonly string[]): void {
  const missing = programs.filter((name) => !isOnPath(name));
  if (missing.length === 0) return;
  throw new LabError(
    `The lab cannot run without ${missing.join(" ")}, and this is no Debian whose packages it could install. ` +
      `Install the packages that hold these programs with this system's package manager.`,
  );
}

export function isOnPath(program: string): boolean {
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
