import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../errors.js";
import { type OnProgress, step } from "../progress.js";
import { unpackPackages } from "./download.js";
import { type VmFiles } from "./layout.js";

/**
 * Debian packages that a virtual machine has and this host need not: installed here, some would start servers for everybody. Each is
 * downloaded once per lab, together with the libraries that it is given. Returns the trees of files to lay over the machine's own.
 */
export async function prepareGuestPackages(files: VmFiles, names: readonly string[], onProgress: OnProgress): Promise<readonly string[]> {
  const trees: string[] = [];
  for (const name of names) {
    if (!/^[a-z0-9][a-z0-9+.-]+$/u.test(name)) throw new LabError(`${JSON.stringify(name)} is no name of a Debian package.`);
    const tree = join(files.packages, name);
    trees.push(tree);
    if (existsSync(tree)) continue;
    await step(onProgress, `${name} downloaded for the virtual machine`, () => unpackPackages(`${tree}.new`, () => Promise.resolve([name])));
    renameSync(`${tree}.new`, tree);
  }
  return trees;
}
