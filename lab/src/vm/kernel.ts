import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, tryRun } from "../commands.js";
import { LabError } from "../errors.js";
import { readIfThere, writeFileAtomically } from "../files.js";
import { type OnProgress, step } from "../progress.js";
import { unpackPackages } from "./download.js";
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
  const version = await step(onProgress, "kernel downloaded and unpacked", () => unpack(unpacked));
  copyFileSync(join(unpacked, "boot", `vmlinuz-${version}`), files.image);
  await step(onProgress, "first file system made", () => makeInitrd({ unpacked, version, initrd: files.initrd }));
  writeFileAtomically(files.version, version);
}

async function kernelPackage(): Promise<readonly string[]> {
  const { stdout } = await tryRun("apt-cache", ["depends", KERNEL_PACKAGE]);
  const name = /Depends: (linux-image-\S+)/u.exec(stdout)?.[1];
  return name === undefined ? [] : [name];
}

/** Returns the kernel's version. */
async function unpack(unpacked: string): Promise<string> {
  await unpackPackages(unpacked, kernelPackage);
  const [version] = readdirSync(join(unpacked, "lib", "modules"));
  if (version === undefined) throw new LabError(`${KERNEL_PACKAGE} holds no modules.`);
  await run("depmod", ["--basedir", unpacked, version]);
  return version;
}
