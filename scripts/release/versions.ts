import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Name and version of a package, and where it lies. */
export interface PublishedPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/** The packages of a working tree that are published. */
export async function publishedPackages(tree: string): Promise<readonly PublishedPackage[]> {
  const found: PublishedPackage[] = [];
  for (const entry of (await readdir(join(tree, "packages"))).sort()) {
    const folder = join(tree, "packages", entry);
    const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    if (typeof manifest !== "object" || manifest === null || !("name" in manifest) || !("version" in manifest)) continue;
    if ("private" in manifest && manifest.private === true) continue;
    found.push({ name: String(manifest.name), version: String(manifest.version), folder });
  }
  return found;
}

/**
 * A package that is released with the others without a change of its own gets a section without a word from changesets; people who
 * read its changelog want to know that nothing is missing there.
 */
export async function fillChangelogs(tree: string): Promise<readonly string[]> {
  const filled: string[] = [];
  const packages = await publishedPackages(tree);
  for (const { name, version, folder } of packages) {
    const file = join(folder, "CHANGELOG.md");
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const [before = "", after = ""] = text.split(new RegExp(`^## ${version.replaceAll(".", "\\.")}$`, "m"));
    const [section = "", ...older] = after.split(/^(?=## )/m);
    if (/^- /m.test(section) || before === text) continue;
    const others = packages.flatMap((one) => (one.name === name ? [] : [`\`${one.name}\``])).join(", ");
    await writeFile(file, `${before}## ${version}\n\nNothing changed in this package: its version follows that of ${others}.\n${["", ...older].join("\n")}`);
    filled.push(name);
  }
  return filled;
}
