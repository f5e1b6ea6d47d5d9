import { parseArgs } from "node:util";
import { suggest } from "@opensds/core";
import type { Command, Option } from "./command.js";
import { globalOptions, optionsOf } from "./global-options.js";
import { OptionValues } from "./option-values.js";
import { UsageError } from "./usage-error.js";
import { nameOf } from "./usage.js";

/** A command line, understood. */
export interface ParsedLine {
  /** Absent: nothing but options was given. */
  readonly command: Command | undefined;
  readonly options: OptionValues;
  /** By the names of the command's arguments. */
  readonly arguments: ReadonlyMap<string, string>;
}

/** Reads a command line; UsageError for what it cannot mean. */
export function parseLine(args: readonly string[], commands: readonly Command[]): ParsedLine {
  // What follows `--` is never a command's name or an option: volumes may be called anything.
  const command = findCommand(positionalsOf(args, commands), commands);
  const known = command === undefined ? globalOptions : optionsOf(command);
  const { values, positionals } = parseStrictly(args, known);
  const words = positionals.slice(command?.path.length ?? 0);
  const options = new OptionValues(values);
  if (options.flag("help") || command === undefined) return { command, options, arguments: new Map() };
  return { command, options, arguments: argumentsOf(command, words) };
}

/** The words that are no options, without a command's options being known yet. */
function positionalsOf(args: readonly string[], commands: readonly Command[]): readonly string[] {
  const withValue = new Map<string, Option>();
  for (const option of [...globalOptions, ...commands.flatMap(optionsOf)]) withValue.set(option.name, option);
  const { positionals } = parseArgs({ args: [...args], options: configOf([...withValue.values()]), strict: false, allowPositionals: true });
  return positionals;
}

function findCommand(words: readonly string[], commands: readonly Command[]): Command | undefined {
  if (words.length === 0) return undefined;
  const fitting = commands.filter(({ path }) => path.every((word, index) => words[index] === word));
  const [command] = fitting.sort((a, b) => b.path.length - a.path.length);
  if (command !== undefined) return command;
  const group = commands.filter(({ path }) => path.length > 1 && path[0] === words[0]);
  const known = group.length > 0 ? group.map(({ path }) => path.join(" ")) : commands.map(({ path }) => path.join(" "));
  const said = words.slice(0, group.length > 0 ? 2 : 1).join(" ");
  throw new UsageError(`there is no command ${JSON.stringify(said)}; ${suggest(said, known)}`);
}

function parseStrictly(args: readonly string[], options: readonly Option[]) {
  try {
    return parseArgs({ args: [...args], options: configOf(options), allowPositionals: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const unknown = /^Unknown option '(--[^']+)'/.exec(message)?.[1];
    if (unknown === undefined) throw new UsageError(message);
    throw new UsageError(`there is no option ${unknown} here; ${suggest(unknown, options.map(({ name }) => `--${name}`))}`);
  }
}

const configOf = (options: readonly Option[]): Record<string, { type: "string" | "boolean"; multiple: boolean }> =>
  Object.fromEntries(
    options.map(({ name, value, multiple }) => [name, { type: value === undefined ? "boolean" : "string", multiple: multiple === true }]),
  );

function argumentsOf(command: Command, words: readonly string[]): ReadonlyMap<string, string> {
  const wanted = command.arguments ?? [];
  const missing = wanted.slice(words.length).find(({ optional }) => optional !== true);
  if (missing !== undefined) throw new UsageError(`${missing.name} is missing: opensds ${nameOf(command)}`);
  const [extra] = words.slice(wanted.length);
  if (extra !== undefined) throw new UsageError(`${JSON.stringify(extra)} is one word too many: opensds ${nameOf(command)}`);
  const found = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    const argument = wanted[index];
    if (argument === undefined) continue;
    if (argument.choices?.includes(word) === false) throw new UsageError(`${JSON.stringify(word)} is none of ${argument.choices.join(", ")}`);
    found.set(argument.name, word);
  }
  return found;
}
