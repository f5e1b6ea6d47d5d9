import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lastLines, run, tryRun } from "../commands.js";
import { LabError } from "../errors.js";
import { readIfThere, writeFileAtomically } from "../files.js";
import { type OnProgress, step } from "../progress.js";
import { makeInitrd } from "./initrd.js";
import { type VmFiles } from "./layout.js";

/** Debian's newest kernel of this release, under whatever version it has. */
const KERNEL_PACKAGE = "linux-image-amd64";

/**
 * Gets the kernel with its modules, and makes the first file system; once per lab. The package is unpacked and not installed: this host's
 * own kernel, boot loader and modules are not touched.
 */
export async function prepareKernel(files: VmFiles, onProgress: OnProgress): Promise<void> {
  if (readIfThere(files.version) !== undefined) return;
  rmSync(files.kernel, { recursive: true, force: true });
  mkdirSync(files.kernel, { recursive: true });
  const unpacked = join(files.kernel, "package");
  await step(onProgress, "kernel package downloaded", () => download(files.kernel));
  const version = await step(onProgress, "kernel unpacked", () => unpack(files.kernel, unpacked));
  copyFileSync(join(unpacked, "boot", `vmlinuz-${version}`), files.image);
  await step(onProgress, "first file system made", () => makeInitrd({ unpacked, version, initrd: files.initrd }));
  writeFileAtomically(files.version, version);
}

async function download(directory: string): Promise<void> {
  let name = await kernelPackage();
  if (name === undefined) {
    // A machine that was just made has no lists of packages yet.
    await run("apt-get", ["update"], { timeoutMs: 5 * 60_000 });
    name = await kernelPackage();
  }
  if (name === undefined) throw new LabError(`Debian's package lists know no ${KERNEL_PACKAGE}; sudo apt-get update, and try again.`);
  // apt-get downloads into the working directory and takes no other.
  const script = 'cd "$1" && exec apt-get -q -o APT::Sandbox::User=root download "$2"';
  const result = await tryRun("sh", ["-c", script, "sh", directory, name], { timeoutMs: 10 * 60_000 });
  if (result.exitCode !== 0) throw new LabError(`${name} could not be downloaded:\n${lastLines(result.stderr)}`);
}

async function kernelPackage(): Promise<string | undefined> {
  const { stdout } = await tryRun("apt-cache", ["depends", KERNEL_PACKAGE]);
  return /Depends: (linux-image-\S+)/u.exec(stdout)?.[1];
}

/** Returns the kernel's version. */
async function unpack(directory: string, unpacked: string): Promise<string> {
  const archive = readdirSync(directory).find((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new LabError("apt-get downloaded no kernel package.");
  await run("dpkg-deb", ["--extract", join(directory, archive), unpacked], { timeoutMs: 5 * 60_000 });
  rmSync(join(directory, archive));
  const [version] = readdirSync(join(unpacked, "lib", "modules"));
  if (version === undefined) throw new LabError(`${archive} holds no modules.`);
  await run("depmod", ["--basedir", unpacked, version]);
  return version;
}
