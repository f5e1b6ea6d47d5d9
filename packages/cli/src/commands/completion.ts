import { openBackends } from "@opensds/core";
import type { Command, Option } from "../command.js";
import { globalOptions, optionsOf } from "../global-options.js";
import { completionScripts } from "../completion-scripts.js";
import { findBackendsFile } from "../target.js";

/** Prints what a shell sources. */
export const completionCommand: Command = {
  path: ["completion"],
  summary: "print the completion script of a shell: source <(opensds completion bash)",
  arguments: [{ name: "SHELL", choices: Object.keys(completionScripts) }],
  run: (ctx) => {
    ctx.output.raw(completionScripts[ctx.argument("SHELL")] ?? "");
    return Promise.resolve(undefined);
  },
};

/** What may stand in the place of the last of these words. */
export async function completeWords(words: readonly string[], commands: readonly Command[]): Promise<readonly string[]> {
  const last = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const named = before.filter((word, index) => !word.startsWith("-") && !takesValue(before[index - 1], commands));
  const fits = commands.filter(({ path }) => path.every((word, index) => named[index] === word));
  const command = fits.sort((a, b) => b.path.length - a.path.length)[0];
  const asked = optionNamed(before.at(-1), command === undefined ? globalOptions : optionsOf(command));
  const candidates = asked?.value === undefined ? nextWords(named, command, commands) : await valuesOf(asked, before);
  return [...new Set(candidates)].filter((word) => word.startsWith(last)).sort();
}

function nextWords(named: readonly string[], command: Command | undefined, commands: readonly Command[]): readonly string[] {
  const options = (command === undefined ? globalOptions : optionsOf(command)).map(({ name }) => `--${name}`);
  const begun = commands.filter(({ path }) => path.length > named.length && named.every((word, index) => path[index] === word));
  const argument = command?.arguments?.[named.length - command.path.length];
  return [...begun.flatMap(({ path }) => path.slice(named.length, named.length + 1)), ...(argument?.choices ?? []), ...options];
}

const optionNamed = (word: string | undefined, options: readonly Option[]): Option | undefined =>
  options.find(({ name }) => word === `--${name}`);

const takesValue = (word: string | undefined, commands: readonly Command[]): boolean =>
  [...globalOptions, ...commands.flatMap(optionsOf)].some(({ name, value }) => value !== undefined && word === `--${name}`);

/** The values of an option; the names of the backends stand in the file. */
async function valuesOf(option: Option, before: readonly string[]): Promise<readonly string[]> {
  if (option.name !== "backend") return option.choices ?? [];
  try {
    const at = before.indexOf("--backends");
    const file = findBackendsFile(at === -1 ? undefined : before[at + 1]);
    return (await openBackends(file, { from: process.cwd() })).names;
  } catch {
    // Whoever completes a word wants no error in the middle of the line.
    return [];
  }
}
