import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createProject } from "./project.js";
import type { Rehearsal } from "./rehearsal.js";
import { publishedPackages } from "./versions.js";
import { makeVersions, publish } from "./working-copy.js";

/**
 * Publishes three times: what there is, a patch of one driver, and a new feature of core. Each takes all packages along to one version,
 * and the changelogs of those without a change say so. Returns the versions, the newest last.
 */
export async function rehearseVersions({ folder, tree, registry, scope, steps }: Rehearsal): Promise<readonly string[]> {
  const release = async (what: string, changeset: string | undefined): Promise<string> => {
    const version = await steps.step(`versions: ${what}`, () => makeVersions(tree, changeset), (made) => made);
    await steps.step(`publish ${version}`, () => publish(tree, registry, scope), (tags) => tags.join(", "));
    return version;
  };
  const first = await release("what there is", undefined);
  const patch = await release("a patch of driver-ceph alone", `---\n"${scope}/driver-ceph": patch\n---\n\nMends a thing of the rehearsal.\n`);
  const minor = await release("a new feature of core", `---\n"${scope}/core": minor\n---\n\nBrings a thing of the rehearsal.\n`);

  const names = (await publishedPackages(tree)).map(({ name }) => name);
  await steps.check("a patch of one package takes all to x.y.(z+1), a minor to x.(y+1).0", () => {
    const [major = 0, middle = 0, last = 0] = first.split(".").map(Number);
    const expected = [`${major}.${middle}.${last + 1}`, `${major}.${middle + 1}.0`];
    if (`${patch} ${minor}` !== expected.join(" ")) throw new Error(`from ${first} came ${patch} and ${minor}, not ${expected.join(" and ")}`);
    return Promise.resolve(`${first}, ${patch}, ${minor}`);
  });
  await steps.check("changelogs, as the registry has them", async () => {
    const reader = await createProject(join(folder, "changelogs"), registry.npmrc(scope));
    await reader.npmInstall(...names.map((name) => `${name}@${minor}`));
    for (const name of names) {
      const changelog = await readFile(join(reader.folder, "node_modules", name, "CHANGELOG.md"), "utf8");
      expectSection(name, changelog, patch, name === `${scope}/driver-ceph` ? "Mends a thing" : "Nothing changed in this package");
      expectSection(name, changelog, minor, name === `${scope}/core` ? "Brings a thing" : "Nothing changed in this package");
    }
    return "what changed where it changed, and that nothing did elsewhere";
  });
  return [first, patch, minor];
}

function expectSection(name: string, changelog: string, version: string, words: string): void {
  const section = changelog.split(/^(?=## )/m).find((one) => one.startsWith(`## ${version}\n`)) ?? "";
  if (!section.includes(words)) throw new Error(`${name} ${version} says in its changelog:\n${section}\nand not: ${words}`);
}
