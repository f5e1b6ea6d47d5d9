import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

it.skipIf(process.platform !== "linux")("a test run that is told to end tells its step, and says that the rest did not run", async () => {
  const args = ["--conditions=@opensds/source", "--import", "tsx", "scripts/test/main.ts", "--only", "lint", "--only", "build"];
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, SB_LAB: "off", NODE_OPTIONS: "", OPENSDS_TEST_SUMMARY: undefined }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(child, "exit");
  const steps = await vi.waitFor(() => {
    const found = childrenOf(child.pid ?? 0);
    expect(found.some((pid) => commandOf(pid).includes("eslint")), said).toBe(true);
    return found;
  }, { timeout: 30_000, interval: 20 });
  child.kill("SIGTERM");
  expect((await ended)[0]).toBe(143);
  expect(said).toContain("interrupted by SIGTERM");
  expect(said).toContain("skipped: what comes after lint: interrupted by SIGTERM");
  expect(said).toMatch(/\n0 passed, 2 failed\n$/);
  expect(said).not.toContain("=== build");
  expect(steps.filter((pid) => commandOf(pid).includes("eslint"))).toEqual([]);
});

function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && statOf(name).startsWith(`${pid} `)).map(Number);
}

/** What stands behind the process's state: its parent first. */
const statOf = (name: string): string => /\) \S (.*)/s.exec(text(`/proc/${name}/stat`))?.[1] ?? "";

const commandOf = (pid: number): string => text(`/proc/${pid}/cmdline`);

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
