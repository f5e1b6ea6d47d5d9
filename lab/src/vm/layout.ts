import { join } from "node:path";
import { type LabPaths } from "../paths.js";

/** Where everything of the virtual machines lies, under `.lab/vm`. */
export interface VmFiles {
  readonly directory: string;
  /** One directory for each running machine. */
  readonly runs: string;
  /** Debian's kernel package, unpacked and never installed, and what is made of it. */
  readonly kernel: string;
  readonly image: string;
  readonly initrd: string;
  /** The directory that the guest sees as its `/lib/modules`. */
  readonly modules: string;
  /** Trees of files that machines have besides this host's, one for each Debian package. */
  readonly packages: string;
  /** Written last: the kernel's version, which says that all the rest is there. */
  readonly version: string;
}

export function vmFiles(paths: LabPaths): VmFiles {
  const directory = join(paths.lab, "vm");
  const kernel = join(directory, "kernel");
  return {
    directory,
    runs: join(directory, "run"),
    kernel,
    image: join(kernel, "vmlinuz"),
    initrd: join(kernel, "initrd.gz"),
    modules: join(kernel, "package", "lib", "modules"),
    packages: join(directory, "packages"),
    version: join(kernel, "version"),
  };
}
