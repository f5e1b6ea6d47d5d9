import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBackends } from "@opensds/core";
import { reference } from "@opensds/testkit/reference";
import { describe, expect, it } from "vitest";
import { removeLeftovers } from "../src/cli/clean/remove-leftovers.js";
import { createRandom } from "../src/run/random.js";
import { withDirectory } from "./support/targets.js";

const built = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const seed = Number(process.env["SB_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const random = createRandom(seed, "killed runs");

/** Runs that each make other things; killed at a moment that the seed draws. */
const runs = [
  ["attach,mount,records", 3_000],
  ["snapshots,sources,groups", 4_000],
  ["imports,trash,fencing,health", 2_500],
  ["concurrency,crash", 5_000],
] as const;

/** Runs a command of this machine's that is killed at a moment, and tells its prefix. */
async function killedRun(file: string, families: string, afterMs: number): Promise<string> {
  const args = [built, "--backends", file, "--backend", "files", "--family", families, "--seed", String(seed)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  const ended = once(child, "exit");
  for await (const text of child.stdout.setEncoding("utf8")) {
    if (output === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
    output += String(text);
  }
  await ended;
  return /sbconf-[0-9a-f]+/.exec(output)?.[0] ?? "";
}

/** What this machine still has of a run, in words. */
function onThisMachine(prefix: string, directory: string): readonly string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n").filter((line) => line.includes(prefix));
  const loops = readdirSync("/sys/block").flatMap((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    return existsSync(file) && readFileSync(file, "utf8").startsWith(directory) ? [`/dev/${name}`] : [];
  });
  const files = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix));
  return [...mounts, ...loops, ...files];
}

describe.skipIf(!existsSync(built) || process.platform !== "linux")("a run that SIGKILL ends half-way", () => {
  it.each(runs)("of %s leaves only what clean then removes", { timeout: 60_000 }, (families, mostMs) =>
    withDirectory(async (directory) => {
      const file = join(directory, "backends.json");
      const volumes = join(directory, "volumes");
      mkdirSync(volumes);
      const options = { dir: volumes, trash: families.includes("trash") };
      writeFileSync(file, JSON.stringify({ host: { runtimeDir: join(directory, "run") }, backends: { files: { reference_driver: options } } }));
      const afterMs = random.integer(mostMs);
      const prefix = await killedRun(file, families, afterMs);
      const when = `seed ${seed}, killed after ${afterMs} ms`;
      expect(prefix, when).not.toBe("");

      const target = { backends: file, backend: "files" };
      const cleaned = await removeLeftovers(target, prefix);
      expect(cleaned.failed, when).toEqual([]);
      expect(onThisMachine(prefix, directory), when).toEqual([]);
      expect((await removeLeftovers(target, prefix)).removed, when).toEqual([]);

      const backends = await openBackends(file, { drivers: [reference] });
      const driver = backends.get("files");
      await driver.setup();
      const left: string[] = [];
      for await (const { name } of driver.listVolumes()) left.push(`volume ${name}`);
      for await (const { name } of driver.snapshots?.listSnapshots() ?? []) left.push(`snapshot ${name}`);
      for await (const { name } of driver.groups?.listGroups() ?? []) left.push(`group ${name}`);
      for await (const { name } of driver.trash?.listTrash() ?? []) left.push(`in the trash ${name}`);
      for await (const { reference: name } of driver.imports?.listImportable() ?? []) left.push(`importable ${name}`);
      for (const { kind, reference: name } of (await driver.reconciliation?.reconcile({ repair: true })) ?? []) left.push(`repaired ${kind} ${name}`);
      left.push(...((await driver.reconciliation?.reconcile()) ?? []).map(({ kind }) => `orphan ${kind}`));
      await backends.unset();
      // What a killed operation left half-made is the driver's own business, and its repair finds it.
      expect(left.filter((one) => !one.startsWith("repaired")), when).toEqual([]);
    }),
  );
});
