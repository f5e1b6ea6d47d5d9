import type { Argument, Command, Option } from "./command.js";
import { exitCodesHelp } from "./exit-code.js";
import { globalOptions } from "./global-options.js";
import { textTable } from "./text-table.js";

/** The help of the whole. */
export function usage(commands: readonly Command[]): string {
  return `opensds: storage backends and their volumes, for operators

${indent(textTable(undefined, commands.map((command) => [nameOf(command), command.summary])))}

Options of every command:
${optionTable(globalOptions)}

Drivers are looked for in the working directory: npm i @opensds/driver-ceph
${exitCodesHelp}
`;
}

/** The help of one command. */
export function usageOf(command: Command): string {
  const own = command.options ?? [];
  const options = command.destroys === true ? [...own, { name: "yes", help: "do not ask" }] : own;
  const ownPart = options.length === 0 ? "" : `\n${optionTable(options)}\n`;
  return `opensds ${nameOf(command)}${options.length === 0 ? "" : " [options]"}

${command.summary}
${ownPart}
Options of every command:
${optionTable(globalOptions)}
`;
}

/** A command with its arguments: `detach [VOLUME]`. */
export const nameOf = ({ path, arguments: words = [] }: Command): string => [...path, ...words.map(argumentText)].join(" ");

const argumentText = ({ name, optional, choices }: Argument): string => {
  const text = choices === undefined ? name : choices.join("|");
  return optional === true ? `[${text}]` : text;
};

const optionTable = (options: readonly Option[]): string =>
  indent(
    textTable(
      undefined,
      options.map(({ name, value, help, choices }) => [
        `--${name}${value === undefined ? "" : ` ${value}`}`,
        choices === undefined ? help : `${choices.join(", ")}; ${help}`,
      ]),
    ),
  );

const indent = (text: string): string => text.replace(/^/gm, "  ");
