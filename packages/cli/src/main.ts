import { readFileSync } from "node:fs";
import { errorToJSON, isSouthboundError, type Logger } from "@opensds/core";
import type { Command, CommandContext } from "./command.js";
import { completeWords } from "./commands/completion.js";
import { commands } from "./commands/index.js";
import { confirm, type Terminal } from "./confirm.js";
import { exitCodeOf } from "./exit-code.js";
import { explain } from "./explain.js";
import { createOutput, type Stream } from "./output.js";
import { parseLine, type ParsedLine } from "./parse.js";
import { createTarget } from "./target.js";
import { UsageError } from "./usage-error.js";
import { usage, usageOf } from "./usage.js";
import { parseDuration } from "./values.js";

/** What the command talks to. */
export interface Surroundings {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Where questions are asked; absent where nobody can be asked. */
  readonly terminal: Terminal | undefined;
  /** Fired by Ctrl-C. */
  readonly interrupted: AbortSignal;
}

/** Runs the `opensds` command; returns the exit code and never throws. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, interrupted } = surroundings;
  let json = false;
  try {
    if (args[0] === "--version") return say(stdout, `${version()}\n`);
    if (args[0] === "--complete-words") return say(stdout, (await completeWords(args.slice(2), commands)).map((word) => `${word}\n`).join(""));
    const line = parseLine(args, commands);
    json = line.options.flag("json");
    if (line.options.flag("help")) return say(stdout, line.command === undefined ? usage(commands) : usageOf(line.command));
    if (line.command === undefined) throw new UsageError(`which command?\n\n${usage(commands)}`);
    return await run(line.command, line, surroundings);
  } catch (error) {
    if (interrupted.aborted) return 130;
    stderr.write(json && isSouthboundError(error) ? `${JSON.stringify(errorToJSON(error))}\n` : `opensds: ${explain(error)}\n`);
    return exitCodeOf(error);
  }
}

async function run(command: Command, line: ParsedLine, { stdout, stderr, terminal, interrupted }: Surroundings): Promise<number> {
  const { options } = line;
  if (options.flag("json") && options.flag("table")) throw new UsageError("give --json or --table, not both");
  const timeout = options.text("timeout");
  const call = { signal: interrupted, ...(timeout !== undefined && { timeoutMs: parseDuration(timeout, "timeout") }) };
  const log = options.flag("verbose") ? loggerOn(stderr) : undefined;
  const target = createTarget({ file: options.text("backends"), backend: options.text("backend"), log, call });
  const context: CommandContext = {
    argument: (name) => {
      const word = line.arguments.get(name);
      if (word === undefined) throw new UsageError(`${name} is missing`);
      return word;
    },
    optionalArgument: (name) => line.arguments.get(name),
    options,
    output: createOutput(stdout, stderr, options.flag("json") || (stdout.isTTY !== true && !options.flag("table"))),
    target,
    call,
    confirm: (question) => (options.flag("yes") ? Promise.resolve() : confirm(question, terminal, interrupted)),
  };
  try {
    const exitCode = await command.run(context);
    return interrupted.aborted ? 130 : (exitCode ?? 0);
  } finally {
    // What was asked for is done and told; a backend that cannot even be closed is told by the next command.
    await target.close().catch(() => undefined);
  }
}

function say(stream: Stream, text: string): number {
  stream.write(text);
  return 0;
}

function loggerOn(stream: Stream): Logger {
  const line = (level: string) => (message: string) => {
    stream.write(`${level} ${message}\n`);
  };
  return { debug: line("debug"), info: line("info "), warn: line("warn "), error: line("error") };
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
}
