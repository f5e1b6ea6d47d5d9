import { defaultRecovery, errorCodes, isMutating, operationCodes, type ErrorCode, type Operation } from "@opensds/core";
import { codeMeanings } from "./code-meanings.js";

/** A table in Markdown. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`.replaceAll(/\| {2}(?=\|)/g, "| ");
  return [line(header), `|${"---|".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

/** Every operation. */
export const operations: readonly Operation[] = Object.keys(operationCodes).filter((name): name is Operation => Object.hasOwn(operationCodes, name));

/** The codes that an operation may end with. */
export const codesOf = (operation: Operation): readonly ErrorCode[] => operationCodes[operation];

/** setup and unset change something, and are alone: nothing is in their way, and they take no space. */
export const isLifecycle = (operation: Operation): boolean => operation === "setup" || operation === "unset";

const common = (of: readonly Operation[]): readonly ErrorCode[] => errorCodes.filter((code) => of.every((operation) => codesOf(operation).includes(code)));
const always = common(operations);
const whenMutating = common(operations.filter((operation) => isMutating(operation) && !isLifecycle(operation))).filter((code) => !always.includes(code));

/** Codes and what they mean. */
export function codesTable(): string {
  const isCode = (text: string): text is ErrorCode => Object.hasOwn(codeMeanings, text);
  const rows = Object.keys(codeMeanings).filter(isCode).map((code) => [`\`${code}\``, codeMeanings[code], `\`${defaultRecovery[code]}\``]);
  return markdownTable(["code", "means here", "recovery unless the error says otherwise"], rows);
}

/** Which codes each operation may end with. */
export function codesByOperation(): string {
  const groups = new Map<string, { names: string[]; cells: readonly string[] }>();
  for (const operation of operations) {
    const codes = codesOf(operation);
    const missing = isMutating(operation) ? whenMutating.filter((code) => !codes.includes(code)) : [];
    const mutating = !isMutating(operation) ? "no" : missing.length === 0 ? "yes" : `yes, without ${list(missing)}`;
    const known = isMutating(operation) ? [...always, ...whenMutating] : always;
    const cells = [mutating, codes.filter((code) => !known.includes(code)).join(", ")];
    const key = cells.join("|");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { names: [operation], cells });
    else group.names.push(operation);
  }
  const rows = [...groups.values()].map(({ names, cells }) => [names.join(", "), ...cells]);
  return [
    `Every operation may end with ${list(always)}. Every mutating operation may besides end with ${list(whenMutating)}. Further:`,
    "",
    markdownTable(["operation", "mutating", "further codes"], rows),
  ].join("\n");
}

const list = (words: readonly string[]): string => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`);
