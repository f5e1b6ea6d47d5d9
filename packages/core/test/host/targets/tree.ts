import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";

const scratch: string[] = [];
afterEach(async () => {
  for (const directory of scratch.splice(0)) await rm(directory, { recursive: true });
});

/** A directory of this test's own. */
export async function scratchDirectory(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "opensds-tree-"));
  scratch.push(root);
  return root;
}

/** A directory tree with these files in it, and these links by name and target. */
export async function tree(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = await scratchDirectory();
  const make = async (entries: Readonly<Record<string, string>>, write: (path: string, value: string) => Promise<void>): Promise<void> => {
    for (const [path, value] of Object.entries(entries)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await write(join(root, path), value);
    }
  };
  await make(files, (path, text) => writeFile(path, text));
  await make(links, (path, target) => symlink(target, path));
  return root;
}
