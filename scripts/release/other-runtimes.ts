import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { createProject } from "./project.js";
import type { Rehearsal } from "./rehearsal.js";

/** Runtimes beside Node that npm carries, each pinned, and how each runs a file with what is installed beside it. */
const runtimes = [
  { name: "bun", version: "1.4.5", args: ["run"] },
  { name: "deno", version: "2.9.6", args: ["run", "--allow-all", "--node-modules-dir=manual"] },
] as const;

/** A volume in memory, on Bun and on Deno. Their npm packages carry the executable; where one cannot be had it is left out, and said so. */
export async function rehearseOtherRuntimes({ folder, registry, scope, steps }: Rehearsal, version: string): Promise<void> {
  const project = await createProject(join(folder, "runtimes"), registry.npmrc(scope));
  await steps.step("Bun and Deno: install", () => project.npmInstall(`${scope}/core@${version}`, `${scope}/testkit@${version}`));
  await writeFile(
    join(project.folder, "smoke.mjs"),
    `import { openBackends } from "${scope}/core";
import { reference } from "${scope}/testkit/reference";
const backends = await openBackends({ backends: { memory: { reference_driver: { store: "memory" } } } }, { drivers: [reference] });
const driver = backends.get("memory");
await driver.setup();
const { id } = await driver.createVolume({ name: "db", capacity: { requiredBytes: 1048576 } });
const names = [];
for await (const volume of driver.listVolumes()) names.push(volume.name);
await driver.deleteVolume({ id });
const gone = await driver.getVolume({ id }).catch((error) => error);
await backends.unset();
console.log(names.join(), gone.reason);`,
  );
  for (const { name, version: pinned, args } of runtimes) {
    const path = await execa("npm", ["exec", "--yes", `--package=${name}@${pinned}`, "--", "which", name], { cwd: dirname(folder), reject: false, timeout: 120_000 });
    const executable = path.stdout.trim();
    if (path.exitCode !== 0 || executable === "") {
      steps.skip(`${name} ${pinned}`, "npm does not bring it here");
      continue;
    }
    await steps.check(`${name} ${pinned}: core and the store in memory`, async () => {
      const { stdout } = await execa(executable, [...args, "smoke.mjs"], { cwd: project.folder, timeout: 60_000 });
      if (stdout.trim() !== "db volume-not-found") throw new Error(`it printed ${stdout}`);
      return undefined;
    });
  }
}
