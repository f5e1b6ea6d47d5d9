import { isSouthboundError } from "@opensds/core";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { kitVersion } from "../kit-version.js";
import { hideSecrets } from "../report/hide-secrets.js";
import type { ConformanceReport } from "../report/report.js";
import { runConformance } from "../run/run-conformance.js";
import { defaultCheckTimeoutMs } from "../run/conformance-run.js";
import { BadInput } from "../target/bad-input.js";
import { secretsOf } from "../target/secrets-of.js";
import { parseCliArguments, usage, type CleanRequest, type RunRequest } from "./arguments.js";
import { removeLeftovers } from "./clean/remove-leftovers.js";
import { initProject } from "./init.js";
import { createProgress, type ProgressOutput } from "./progress.js";
import { mergePages } from "./pages.js";
import { startWatchdog } from "./watchdog.js";
import { watchOutput } from "./watch-output.js";
import { expectReportFiles, writeReports } from "./write-reports.js";

/** What the command writes to. */
export interface CliStreams {
  readonly stdout: ProgressOutput;
  readonly stderr: ProgressOutput;
}

/** Runs the command; returns the exit code and never throws. `interrupted` is fired by Ctrl-C. */
export async function main(args: readonly string[], streams: CliStreams, interrupted: AbortSignal): Promise<number> {
  try {
    const request = parseCliArguments(args);
    switch (request.command) {
      case "help":
        streams.stdout.write(usage);
        return 0;
      case "version":
        streams.stdout.write(`${kitVersion()}\n`);
        return 0;
      case "run":
        return await run(request, streams, interrupted);
      case "clean":
        return await clean(request, streams);
      case "init":
        return initProject(request, streams.stdout);
      case "html":
        return mergePages(request, streams.stdout);
    }
  } catch (error) {
    streams.stderr.write(`opensds-conformance: ${explain(error)}\n`);
    return exitCodeOf(error);
  }
}

async function run(request: RunRequest, { stdout, stderr }: CliStreams, signal: AbortSignal): Promise<number> {
  const { only, families, facets, level, seed, timeoutMs = defaultCheckTimeoutMs, standstillMs = defaultStandstillMs, knownFailures } = request;
  expectReportFiles(request);
  const target = targetOf(request);
  const secrets = [...request.secrets, ...secretsOf(target)];
  const progress = createProgress(request.json === "-" ? stderr : stdout);
  const output = watchOutput(secrets);
  const limitMs = timeoutMs + standstillMs;
  const stopWatchdog = startWatchdog(limitMs, `opensds-conformance: the driver kept this process from doing anything for ${limitMs} ms; it was ended`);
  try {
    let report = await runConformance(target, {
      select: { ids: only, families, facets, level },
      seed,
      timeoutMs,
      signal,
      knownFailures,
      thorough: request.thorough,
      secrets,
      onEvent: (event) => progress.onEvent(event),
    });
    if (output.leaks() > 0) report = leaking(report, output.leaks());
    writeReports(report, request, stdout);
    progress.summary(report);
    if (signal.aborted) return 130;
    return report.ok ? 0 : 1;
  } catch (error) {
    progress.end();
    if (output.leaks() > 0) stderr.write(`opensds-conformance: ${leakText(output.leaks())}\n`);
    stderr.write(`opensds-conformance: ${hideSecrets(explain(error), secrets)}\n`);
    return exitCodeOf(error);
  } finally {
    output.restore();
    stopWatchdog();
  }
}

/** Milliseconds that a standstill may last beyond a check's own limit. */
const defaultStandstillMs = 60_000;

const leakText = (leaks: number): string =>
  `the driver printed a secret ${leaks === 1 ? "once" : `${leaks} times`} to standard output or standard error (masked here); hand log lines to ctx.log, without secrets`;

/** A driver that prints secrets fails whatever its checks say. */
function leaking(report: ConformanceReport, leaks: number): ConformanceReport {
  const problem = [report.problem, leakText(leaks)].filter((part) => part !== undefined).join("; ");
  return { ...report, ok: false, problem, level: "none", levelGap: problem };
}

async function clean(request: CleanRequest, { stdout }: CliStreams): Promise<number> {
  const { removed, failed } = await removeLeftovers(targetOf(request), request.prefix, request.timeoutMs);
  for (const name of removed) stdout.write(`removed  ${name}\n`);
  for (const { name, problem } of failed) stdout.write(`failed   ${name}: ${problem}\n`);
  stdout.write(`${removed.length} removed, ${failed.length} failed\n`);
  return failed.length === 0 ? 0 : 1;
}

function targetOf(request: RunRequest | CleanRequest) {
  const backends = resolve(request.backends);
  if (!existsSync(backends)) throw new BadInput(`there is no backends file ${request.backends}`);
  return { backends, backend: request.backend, driverModules: request.driverModules };
}

/** An error for people: its message and the causes beneath, no stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = isSouthboundError(error) ? `${error.operation ?? "the driver"}: ${error.code} ${error.reason}: ${error.message}` : error.message;
  return error.cause instanceof Error && !said.includes(error.cause.message) ? `${said}\n  caused by ${error.cause.message}` : said;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof BadInput) return 2;
  return isSouthboundError(error) && error.operation === "openBackends" ? 2 : 1;
}
