import { isSouthboundError } from "@opensds/core";
import { accessSync, constants, existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { kitVersion } from "../kit-version.js";
import { toJUnit } from "../report/junit.js";
import { runConformance } from "../run/run-conformance.js";
import { BadInput } from "../target/bad-input.js";
import { parseCliArguments, usage, type CleanRequest, type RunRequest } from "./arguments.js";
import { removeLeftovers } from "./clean.js";
import { createProgress, type ProgressOutput } from "./progress.js";

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
    }
  } catch (error) {
    streams.stderr.write(`opensds-conformance: ${explain(error)}\n`);
    return exitCodeOf(error);
  }
}

async function run(request: RunRequest, { stdout, stderr }: CliStreams, signal: AbortSignal): Promise<number> {
  const { json, junit, only, families, level, seed, timeoutMs } = request;
  for (const file of [json, junit]) if (file !== undefined && file !== "-") expectWritable(file);
  if (junit === "-") throw new BadInput("--junit writes to a file; only --json takes - for standard output");
  const progress = createProgress(json === "-" ? stderr : stdout);
  const report = await runConformance(targetOf(request), {
    select: { ids: only, families, level },
    seed,
    timeoutMs,
    signal,
    onEvent: (event) => progress.onEvent(event),
  });
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (json === "-") stdout.write(text);
  else if (json !== undefined) writeFileSync(json, text);
  if (junit !== undefined) writeFileSync(junit, toJUnit(report));
  progress.summary(report);
  if (signal.aborted) return 130;
  return report.ok ? 0 : 1;
}

async function clean(request: CleanRequest, { stdout }: CliStreams): Promise<number> {
  const { removed, failed } = await removeLeftovers(targetOf(request), request.prefix, request.timeoutMs);
  for (const name of removed) stdout.write(`removed  ${JSON.stringify(name)}\n`);
  for (const { name, problem } of failed) stdout.write(`failed   ${JSON.stringify(name)}: ${problem}\n`);
  stdout.write(`${removed.length} removed, ${failed.length} failed\n`);
  return failed.length === 0 ? 0 : 1;
}

function targetOf(request: RunRequest | CleanRequest) {
  const backends = resolve(request.backends);
  if (!existsSync(backends)) throw new BadInput(`there is no backends file ${request.backends}`);
  return { backends, backend: request.backend, driverModules: request.driverModules };
}

function expectWritable(file: string): void {
  const folder = dirname(resolve(file));
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new BadInput(`${file} cannot be written: ${folder} is no folder that may be written to`);
  }
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
