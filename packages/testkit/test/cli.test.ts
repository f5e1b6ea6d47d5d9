import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { main } from "../src/cli/main.js";
import { withDirectory } from "./support/targets.js";

async function cli(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  const streams = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  };
  const code = await main(args, streams, new AbortController().signal);
  return { code, stdout, stderr };
}

/** Runs with a backends file of a file-backed and a broken backend. */
const withBackends = <Value>(work: (file: string, directory: string) => Promise<Value>): Promise<Value> =>
  withDirectory(async (directory) => {
    const file = join(directory, "backends.json");
    const backends = {
      files: { reference_driver: { dir: join(directory, "volumes") } },
      nowhere: { reference_driver: { dir: join(directory, "no", "such", "parent") } },
    };
    writeFileSync(file, JSON.stringify({ backends }));
    return work(file, directory);
  });

describe("opensds-conformance", () => {
  it("runs what was selected, writes both reports and ends with the counts", () =>
    withBackends(async (file, directory) => {
      const [json, junit] = [join(directory, "report.json"), join(directory, "report.xml")];
      const result = await cli("--backends", file, "--backend", "files", "--only", "CREATE-1,GET-1", "--seed", "5", "--json", json, "--junit", junit);
      expect(result).toMatchObject({ code: 0, stderr: "" });
      expect(result.stdout).toMatch(/ok +CREATE-1 .*\nok +GET-1 /);
      expect(result.stdout.trimEnd().split("\n").at(-1)).toBe("2 passed, 0 failed, 0 skipped");
      expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ seed: 5, ok: true, backend: { name: "files", kind: "reference" } });
      expect(readFileSync(junit, "utf8")).toContain(`tests="2"`);
    }));

  it("prints JSON alone where it is asked to", () =>
    withBackends(async (file) => {
      const result = await cli("--backends", file, "--backend", "files", "--only", "GET-1", "--json", "-");
      expect(JSON.parse(result.stdout)).toMatchObject({ counts: { passed: 1, failed: 0, skipped: 0 } });
      expect(result.stderr).toContain("1 passed, 0 failed, 0 skipped");
    }));

  it("fails when nothing ran", () =>
    withBackends(async (file) => {
      const result = await cli("--backends", file, "--backend", "files", "--only", ",");
      expect(result.code).toBe(1);
      expect(result.stdout).toContain("not a success: no check was selected");
    }));

  it("says what is wrong with its input, without a stack trace", () =>
    withBackends(async (file, directory) => {
      const noDriver = join(directory, "no-driver.mjs");
      writeFileSync(noDriver, "export const nothing = 1;");
      const target = ["--backends", file, "--backend", "files"];
      for (const [args, says] of [
        [[], "--backends FILE is missing"],
        [["--backends", file], "--backend NAME is missing"],
        [["--nope"], "Unknown option '--nope'"],
        [["nope", ...target], "unknown command"],
        [["--backends", join(directory, "none.yaml"), "--backend", "files"], "there is no backends file"],
        [["--backends", file, "--backend", "flies"], 'there is no backend "flies"'],
        [[...target, "--only", "NOPE-1"], "there is no check NOPE-1"],
        [[...target, "--seed", "x"], "--seed is"],
        [[...target, "--timeout", "0"], "the time limit is 0"],
        [[...target, "--drivers", noDriver], "exports no driver"],
        [[...target, "--drivers", "./not-there.mjs"], "cannot be loaded"],
        [[...target, "--json", join(directory, "no", "folder.json")], "cannot be written"],
        [["clean", ...target], "--prefix PREFIX is missing"],
        [["clean", ...target, "--prefix", "pvc-"], "is not one of this suite's"],
      ] as const) {
        const { code, stdout, stderr } = await cli(...args);
        expect([args, code, stdout]).toEqual([args, 2, ""]);
        expect(stderr).toContain(says);
        expect(stderr).not.toMatch(/\n\s+at /);
      }
    }));

  it("says why a backend does not work", () =>
    withBackends(async (file) => {
      const { code, stderr } = await cli("--backends", file, "--backend", "nowhere");
      expect(code).toBe(1);
      expect(stderr).toMatch(/setup: [A-Z_]+ [a-z-]+: /);
    }));

  it("prints help and the version", async () => {
    expect((await cli("--help")).stdout).toContain("--backends FILE");
    expect((await cli("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

const built = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

// Windows knows no signal that a process could answer.
describe.skipIf(!existsSync(built) || process.platform === "win32")("opensds-conformance as a process", () => {
  /** Starts a long run, waits until it has made volumes, and sends a signal; the next one when it has said that it heard the first. */
  const interrupt = async (file: string, directory: string, ...signals: readonly NodeJS.Signals[]): Promise<{ code: number; prefix: string; output: string }> => {
    const child = spawn(process.execPath, [built, "--backends", file, "--backend", "files", "--family", "names,list,concurrency"], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = once(child, "exit");
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    await vi.waitFor(() => expect(readdirSync(join(directory, "volumes", "volumes")).length, output).toBeGreaterThan(2), { timeout: 20_000, interval: 5 });
    for (const [index, signal] of signals.entries()) {
      if (index > 0) await vi.waitFor(() => expect(output).toContain("interrupted: "), { timeout: 20_000, interval: 1 });
      child.kill(signal);
    }
    await ended;
    const code = child.exitCode ?? 128 + constants.signals[child.signalCode ?? "SIGKILL"];
    return { code, prefix: /sbconf-[0-9a-f]+/.exec(output)?.[0] ?? "", output };
  };
  const volumesLeft = async (file: string, prefix: string): Promise<number> => {
    const { stdout } = await cli("clean", "--backends", file, "--backend", "files", "--prefix", prefix);
    return Number(/(\d+) removed, 0 failed\n$/.exec(stdout)?.[1]);
  };

  // npx passes on what the terminal has sent already.
  it.each([["Ctrl-C", ["SIGINT"]], ["Ctrl-C under npx", ["SIGINT", "SIGINT"]], ["the end of a CI job", ["SIGTERM"]]] as const)("removes what it made and exits with 130 on %s", (_what, signals) =>
    withBackends(async (file, directory) => {
      const { code, prefix, output } = await interrupt(file, directory, ...signals);
      // A second one may meet a process that has done everything and listens no longer; that is 130 too where it is Ctrl-C.
      expect(code, output).toBe(130);
      expect(output).toContain("the run was interrupted");
      expect(await volumesLeft(file, prefix)).toBe(0);
    }));

  it("removes what it made when nobody reads its output any more", () =>
    withBackends(async (file) => {
      const child = spawn(process.execPath, [built, "--backends", file, "--backend", "files", "--only", "LIST-1,NAMES-1"], { stdio: ["ignore", "pipe", "ignore"] });
      const ended = once(child, "exit");
      let prefix: string | undefined;
      // Leaving the loop closes the pipe.
      for await (const text of child.stdout.setEncoding("utf8")) {
        prefix = /sbconf-[0-9a-f]+/.exec(String(text))?.[0];
        if (prefix !== undefined) break;
      }
      await ended;
      expect(child.exitCode).toBe(130);
      expect(await volumesLeft(file, prefix ?? "none")).toBe(0);
    }));

  it("leaves only what clean removes when it is killed", () =>
    withBackends(async (file, directory) => {
      const { prefix } = await interrupt(file, directory, "SIGKILL");
      expect(await volumesLeft(file, prefix)).toBeGreaterThan(0);
      expect(await volumesLeft(file, prefix)).toBe(0);
    }));
});
