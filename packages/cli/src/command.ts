import type { VolumeDriver } from "@opensds/core";
import type { OptionValues } from "./option-values.js";
import type { Output } from "./output.js";
import type { Target } from "./target.js";

/** An option of a command, as `--help`, the parser and shell completion see it. */
export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for its value in the help, such as `SIZE`. Absent: a flag. */
  readonly value?: string;
  readonly help: string;
  readonly multiple?: true;
  /** The only values that it takes. */
  readonly choices?: readonly string[];
}

/** A word that a command takes after its name. */
export interface Argument {
  /** In capitals, as the help shows it: `VOLUME`. */
  readonly name: string;
  readonly optional?: true;
  readonly choices?: readonly string[];
}

/** What a command works with. */
export interface CommandContext {
  /** The words after the command's name, by the names of its arguments. */
  argument(name: string): string;
  /** The same for an optional one. */
  optionalArgument(name: string): string | undefined;
  readonly options: OptionValues;
  readonly output: Output;
  readonly target: Target;
  /** For every call of a driver. */
  readonly call: { readonly signal: AbortSignal; readonly timeoutMs?: number };
  /** Asks before something that cannot be undone; without a terminal, `--yes` must have said so. Throws when the answer is no. */
  confirm(question: string): Promise<void>;
}

/** One thing that the command line can do, as data: help, parsing and completion are made of it. */
export interface Command {
  /** Its name: `["volume", "create"]`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** It destroys something: it asks before, and takes `--yes`. */
  readonly destroys?: true;
  /** Returns the exit code; nothing means 0. */
  run(ctx: CommandContext): Promise<number | undefined>;
}

/** A command on one backend, which is set up before it runs. */
export function onBackend(
  command: Omit<Command, "run"> & { run(driver: VolumeDriver, ctx: CommandContext): Promise<number | undefined> },
): Command {
  return { ...command, run: async (ctx) => command.run(await ctx.target.one(), ctx) };
}
