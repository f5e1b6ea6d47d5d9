import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const built = existsSync(join(root, "packages/testkit/dist/index.js"));
const bundles = async (): Promise<readonly string[]> => readdir(join(root, "node_modules/.cache")).then((names) => names.filter((name) => name.startsWith("mutants-")), () => []);

it.skipIf(!built)("an interrupted run takes away what it made, also when it is told twice", async () => {
  const directory = await mkdtemp(join(tmpdir(), "interrupted-"));
  const before = await bundles();
  try {
    // As a run that was killed leaves it: no process has this number.
    await mkdir(join(directory, "sbmutants-4194305-left"));
    // As npm starts it.
    const args = ["scripts/with-pnpm.mjs", process.execPath, "--import", "tsx", "mutants/src/main.ts", "--on", "reference", "--sample", "0", "--only", "waits in unset until every call has ended"];
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, TMPDIR: directory, NODE_OPTIONS: "" }, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    const ended = once(child, "exit");
    await vi.waitFor(async () => {
      const [working] = (await readdir(directory)).filter((name) => name.startsWith("sbmutants-") && !name.endsWith("-left"));
      expect(existsSync(join(directory, working ?? "not-yet", "volumes")), said).toBe(true);
    }, { timeout: 60_000, interval: 100 });
    child.kill("SIGTERM");
    await sleep(20);
    child.kill("SIGTERM");
    await ended;
    // The second one may meet a process that is ending already and listens no longer: then a shell says 143.
    expect([130, 143]).toContain(child.exitCode);
    expect(said).toContain("interrupted by SIGTERM");
    expect(said).toContain("sbmutants-4194305-left");
    expect((await readdir(directory)).filter((name) => name.startsWith("sbmutants-"))).toEqual([]);
    expect((await bundles()).filter((name) => !before.includes(name))).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
