import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { root } from "../lib/root.js";
import { createProject } from "./project.js";
import type { Rehearsal } from "./rehearsal.js";
import { publishedPackages } from "./versions.js";
import { installAndBuild, publish } from "./working-copy.js";

/** The version that an earlier commit is published under while no release was made of it. */
const earlierVersion = "0.0.1";
/** How far back the packages of the rehearsal's previous release are taken from where no release was tagged yet. */
const commitsBack = 15;

/** The previous release, and what is asked of it once the new one is there. */
export interface Previous {
  /** The earlier driver under the new core, and the new driver under the earlier core. */
  check(released: readonly string[]): Promise<void>;
}

/** Builds and publishes what stands for the previous release: the last tagged commit, else one of some days ago. */
export async function rehearsePrevious({ folder, registry, scope, rename, steps }: Rehearsal, wanted: string | undefined): Promise<Previous | undefined> {
  const what = "the previous release's driver under this core, and the reverse";
  const commit = wanted === "none" ? undefined : (wanted ?? (await lastRelease()));
  if (commit === undefined) {
    steps.skip(what, wanted === "none" ? "left out" : "this clone has no history that goes back so far");
    return undefined;
  }
  const tree = join(folder, "previous");
  await steps.step(
    "the previous release, built",
    async () => {
      await execa("git", ["clone", "--quiet", "--shared", "--no-checkout", root, tree]);
      await execa("git", ["checkout", "--quiet", commit], { cwd: tree });
      for (const { folder: one } of await publishedPackages(tree)) await setVersion(join(one, "package.json"));
      await rename(tree);
      await installAndBuild(tree, false);
      const { stdout } = await execa("git", ["log", "-1", "--format=%h of %cs", commit], { cwd: tree });
      return stdout;
    },
    (said) => said,
  );
  await steps.step("the previous release, published", () => publish(tree, registry, scope), (tags) => tags.join(", "));
  return {
    check: async (released) => {
      const version = released.at(-1) ?? "latest";
      const project = await createProject(join(folder, "mixed"), registry.npmrc(scope));
      const alias = (as: string, name: string, of: string): string => `${as}@npm:${scope}/${name}@${of}`;
      const pairs = ["core", "testkit", "driver-ceph"].flatMap((name) => [alias(`old-${name}`, name, earlierVersion), alias(`new-${name}`, name, version)]);
      await steps.step("both releases in one folder", () => project.npmInstall(...pairs));
      for (const [core, driver] of [["new", "old"], ["old", "new"]] as const) {
        const code = storyOf(`${core}-core`, `${driver}-testkit/reference`, `${driver}-driver-ceph`);
        await steps.check(`the ${driver} driver under the ${core} core`, () => project.run(`${driver}-under-${core}.mjs`, code));
      }
    },
  };
}

async function setVersion(file: string): Promise<void> {
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/"version": "[^"]*"/, `"version": "${earlierVersion}"`));
}

/** The commit of the newest release's tag, or an early one; undefined where the clone does not reach it. */
async function lastRelease(): Promise<string | undefined> {
  const ask = (...args: readonly string[]) => execa("git", args, { cwd: root, reject: false });
  const tag = await ask("describe", "--tags", "--abbrev=0", "--match", "@opensds/core@*", "HEAD~1");
  if (tag.exitCode === 0) return tag.stdout;
  const { exitCode, stdout } = await ask("rev-parse", "--verify", "--quiet", `HEAD~${commitsBack}`);
  return exitCode === 0 ? stdout : undefined;
}

/** Takes a volume through its life with a driver and a core of two releases; and opens the Ceph driver, as far as that goes without a cluster. */
const storyOf = (core: string, driver: string, ceph: string): string => `
import { isSouthboundError, openBackends, supports } from ${JSON.stringify(core)};
import { reference } from ${JSON.stringify(driver)};
import { ceph } from ${JSON.stringify(ceph)};
const file = { backends: { local: { reference_driver: { dir: process.cwd() + "/mixed-volumes" } }, ssd: { ceph_driver: { pool: "ssd", conf: "/nowhere/ceph.conf" } } } };
const backends = await openBackends(file, { drivers: [reference, ceph] });
const local = backends.get("local");
await local.setup();
const request = { name: "db", capacity: { requiredBytes: 67108864 } };
const volume = await local.createVolume(request);
if ((await local.createVolume(request)).id !== volume.id) throw new Error("a replay made another volume");
const steps = ["create"];
if (supports(local, "snapshots")) {
  const snapshot = await local.snapshots.createSnapshot({ name: "s", sourceVolumeId: volume.id });
  await local.snapshots.deleteSnapshot({ id: snapshot.id });
  steps.push("snapshot");
}
if (process.platform === "linux" && process.getuid() === 0) {
  const attachment = await local.attachVolume({ volumeId: volume.id });
  const mount = await local.mountVolume({ attachment, directory: process.cwd() + "/mixed-mount", createDirectory: true });
  await local.unmountVolume(mount);
  await local.detachVolume(attachment);
  steps.push("attach", "mount");
}
await local.deleteVolume({ id: volume.id });
const gone = await local.getVolume({ id: volume.id }).catch((error) => error);
if (!isSouthboundError(gone) || gone.reason !== "volume-not-found") throw new Error("the volume is not gone: " + String(gone));
const refused = await backends.get("ssd").setup().catch((error) => error);
if (!isSouthboundError(refused)) throw new Error("the Ceph driver did not fail in words: " + String(refused));
await backends.unset();
console.log(steps.join(", ") + ", delete; ceph: " + refused.code + " " + refused.reason);
`;
