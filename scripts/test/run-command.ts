import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { untilEnded } from "./interruption.js";
import type { Counts } from "./result.js";

/** Colours are for terminals; in a log each dot of a reporter would become twenty bytes. */
const plain: NodeJS.ProcessEnv = process.stdout.isTTY ? {} : { NO_COLOR: "1", FORCE_COLOR: "0" };

/** Runs a command that either works or does not: one test. */
export async function runCommand(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Counts> {
  const { exitCode } = await run(file, args, env);
  return exitCode === 0 ? { passed: 1, failed: 0, skipped: [] } : { passed: 0, failed: 1, skipped: [] };
}

/**
 * Runs a command that writes a JSON report to a file, and counts what is in it. A run that wrote no report, or that failed
 * without a failed test in it, counts as one failure: nothing passes by breaking.
 */
export async function runReporting(
  file: string,
  args: (reportFile: string) => readonly string[],
  count: (report: unknown) => Counts,
  env: NodeJS.ProcessEnv = {},
): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "opensds-report-"));
  try {
    const reportFile = join(folder, "report.json");
    const { exitCode } = await run(file, args(reportFile), env);
    const text = await readFile(reportFile, "utf8").catch(() => undefined);
    if (text === undefined) return { passed: 0, failed: 1, skipped: [] };
    const counts = count(JSON.parse(text));
    const broken = (exitCode !== 0 && counts.failed === 0) || counts.passed + counts.failed === 0;
    return broken ? { ...counts, failed: counts.failed + 1 } : counts;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ readonly exitCode?: number | undefined }> =>
  untilEnded(() => execa(file, args, { stdio: "inherit", reject: false, preferLocal: true, env: { ...plain, ...env } }));
