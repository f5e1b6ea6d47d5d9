import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { withDirectory } from "./support/targets.js";

const built = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const kit = (file: string): string => new URL(`../dist/${file}`, import.meta.url).href;
const password = "correct-horse-battery";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a process of its own; a hang is a failure. */
async function run(directory: string, ...args: readonly string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [built, ...args], { cwd: directory, timeout: 25_000, env: { ...process.env, ARRAY_PASSWORD: password } });
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (!(error instanceof Error) || !("stdout" in error) || !("stderr" in error)) throw error;
    const hung = "killed" in error && error.killed === true && !String(error.stderr).includes("it was ended");
    if (hung) throw new Error(`the command hung after ${String(error.stdout)}${String(error.stderr)}`, { cause: error });
    return { code: "code" in error && typeof error.code === "number" ? error.code : null, stdout: String(error.stdout), stderr: String(error.stderr) };
  }
}

/** A driver on top of the reference driver, whose `connect` and methods are given as JavaScript. */
const driverModule = (connect: string): string =>
  [
    `import { reference } from ${JSON.stringify(kit("reference/index.js"))};`,
    `const anything = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };`,
    `const works = (ctx) => reference.connect({ dir: process.cwd() + "/volumes" }, ctx);`,
    `export default { ...reference, kind: "odd", config: anything, connect: async (config, ctx) => { ${connect} } };`,
  ].join("\n");

const withDriver = (source: string, options: object, work: (directory: string, ...target: readonly string[]) => Promise<void>): Promise<void> =>
  withDirectory((directory) => {
    mkdirSync(join(directory, "volumes"));
    writeFileSync(join(directory, "driver.mjs"), source);
    const backends = { mine: { module: "./driver.mjs", odd_driver: options } };
    writeFileSync(join(directory, "backends.json"), JSON.stringify({ host: { runtimeDir: join(directory, "run") }, backends }));
    return work(directory, "--backends", "backends.json", "--backend", "mine");
  });

/** A message for people, and neither a stack trace nor a secret. */
function expectClear({ stdout, stderr }: Ended, says: RegExp): void {
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/\n\s+at .*:\d+/);
  expect(stdout + stderr).not.toContain(password);
}

describe.skipIf(!existsSync(built))("opensds-conformance", { timeout: 30_000 }, () => {
  it("says what a module lacks that is no driver", () =>
    withDriver(`export const driver = { kind: "odd" };`, {}, async (directory, ...target) => {
      const ended = await run(directory, ...target);
      expect(ended.code).toBe(2);
      expectClear(ended, /backends\.json:?\d*:? .*driver\.mjs/);
    }));

  it("says where a module fails while it is loaded", () =>
    withDriver(`export default nothing;`, {}, async (directory, ...target) => {
      const ended = await run(directory, ...target);
      expect(ended.code).toBe(2);
      expectClear(ended, /nothing is not defined/);
    }));

  it("passes on what a driver says that throws in setup", () =>
    withDriver(driverModule(`throw new Error("the array has no licence");`), {}, async (directory, ...target) => {
      const ended = await run(directory, ...target);
      expect(ended.code).toBe(1);
      expectClear(ended, /setup: INTERNAL [a-z-]+: [\s\S]*the array has no licence/);
    }));

  it("gives up a driver that never answers", () =>
    withDriver(driverModule(`await new Promise(() => undefined);`), {}, async (directory, ...target) => {
      const ended = await run(directory, ...target, "--timeout", "1000");
      expect(ended.code).toBe(1);
      expectClear(ended, /setup: DEADLINE_EXCEEDED/);
    }));

  it("gives up a driver whose calls never answer, with the first checks that showed it", () =>
    withDriver(driverModule(`return { ...(await works(ctx)), createVolume: () => new Promise(() => undefined) };`), {}, async (directory, ...target) => {
      const ended = await run(directory, ...target, "--family", "create", "--timeout", "700");
      expect(ended.code).toBe(1);
      expect(ended.stdout).toContain("3 checks in a row ran into their time limit");
      expect(ended.stdout).toMatch(/createVolume \{[^\n]*\n +-> still running/);
    }));

  it("ends a driver that computes for ever, which no timer can interrupt", () =>
    withDriver(driverModule(`for (;;);`), {}, async (directory, ...target) => {
      const { stderr } = await run(directory, ...target, "--timeout", "500", "--standstill", "1500");
      expect(stderr).toContain("the driver kept this process from doing anything for 2000 ms; it was ended");
    }));

  it("masks what a driver prints of its secrets, and fails it", () =>
    withDriver(driverModule(`console.log("logging in with", config.password.reveal()); return works(ctx);`), { password: { env: "ARRAY_PASSWORD" } }, async (directory, ...target) => {
      const ended = await run(directory, ...target, "--only", "CREATE-1", "--json", "report.json");
      expect(ended.code).toBe(1);
      expect(ended.stdout).toContain("logging in with [secret]");
      expect(ended.stdout).toMatch(/not a success: the driver printed a secret .* times to standard output/);
      expect(ended.stdout + ended.stderr).not.toContain(password);
    }));

  it("masks a secret in what a driver throws in setup", () =>
    withDriver(driverModule(`throw new Error("cannot log in with " + config.password.reveal());`), { password: { env: "ARRAY_PASSWORD" } }, async (directory, ...target) => {
      const ended = await run(directory, ...target);
      expect(ended.code).toBe(1);
      expectClear(ended, /cannot log in with \[secret\]/);
    }));

  it("tells three mistakes of a backends file at once, each with its line", () =>
    withDirectory(async (directory) => {
      const lines = ["backends:", "  one: { reference_driver: { dri: /srv/volumes } }", "  two: { refrence_driver: { dir: /srv/volumes } }", "  three: { refernce_driver: {}, colour: blue }"];
      writeFileSync(join(directory, "backends.yaml"), lines.join("\n"));
      const ended = await run(directory, "--backends", "backends.yaml", "--backend", "one");
      expect(ended.code).toBe(2);
      expectClear(ended, /[3-9] mistakes in the backends file/);
      for (const line of [2, 3, 4]) expect(ended.stderr).toMatch(new RegExp(`backends\\.yaml:${line}:`));
    }));
});
