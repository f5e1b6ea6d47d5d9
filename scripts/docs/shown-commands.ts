import { operationCodes } from "@opensds/core";
import { commands } from "../../packages/cli/src/commands/index.js";
import { parseLine } from "../../packages/cli/src/parse.js";
import { parseCliArguments } from "../../packages/testkit/src/cli/arguments.js";
import { blocksIn, type DocsPage } from "./pages.js";

/** How each of our commands reads its line; throws for what it cannot mean. */
const readers: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  "opensds": (args) => parseLine(args, commands),
  "opensds-conformance": parseCliArguments,
};

/** The lines of our commands that the pages show, and those of them that the commands would refuse as they stand. */
export function refusedCommands(pages: readonly DocsPage[]): { readonly lines: number; readonly problems: readonly string[] } {
  const shown = [
    ...blocksIn(pages, "sh", "bash").flatMap(({ page, line, code }) => code.split("\n").map((text, index) => ({ place: `${page}:${line + index}`, text }))),
    ...pages.flatMap(({ path, text }) => [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => ({ place: path, text: code }))),
  ];
  const found = shown.flatMap(({ place, text }) => {
    const words = wordsOf(text);
    const [first = "", ...args] = words[0] === "npx" ? words.slice(1) : words;
    const read = readers[first];
    // A name alone is the command's, and no line; with an operation it is a span's.
    return read === undefined || args.length === 0 || args.join() in operationCodes ? [] : [{ place, text, read: () => read(args) }];
  });
  const problems = found.flatMap(({ place, text, read }) => {
    try {
      read();
      return [];
    } catch (error) {
      return [`${place}: ${text.trim()}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  return { lines: found.length, problems };
}

const withoutBlocks = (text: string): string => text.replaceAll(/^( *)```[\s\S]*?^\1```/gm, "");

/** A line's words as a shell takes them: up to a comment, a pipe or a redirection. */
function wordsOf(line: string): readonly string[] {
  const [command = ""] = line.split(/\s[#|>]|\s2>/);
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? "");
}
