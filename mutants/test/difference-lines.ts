import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** A mutant's difference may have so many lines. */
export const mostLines = 15;

/** How many lines of code make a mutant differ. */
export interface Difference {
  readonly name: string;
  readonly lines: number;
}

const folder = fileURLToPath(new URL("../src/corpus/", import.meta.url));

/** Reads the corpus's sources: the lines of each mutant's difference, and of the helpers beside it that it uses. */
export function differences(): readonly Difference[] {
  return readdirSync(folder).flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(folder + file, "utf8"), ts.ScriptTarget.Latest, true);
    return mutantsIn(source);
  });
}

function mutantsIn(source: ts.SourceFile): readonly Difference[] {
  const helpers = new Map(source.statements.filter(ts.isFunctionDeclaration).map((helper) => [helper.name?.text ?? "", helper]));
  const found: Difference[] = [];
  const visit = (node: ts.Node): void => {
    const mutant = ts.isObjectLiteralExpression(node) ? differenceOf(node, helpers) : undefined;
    if (mutant !== undefined) found.push(mutant);
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function differenceOf(literal: ts.ObjectLiteralExpression, helpers: ReadonlyMap<string, ts.FunctionDeclaration>): Difference | undefined {
  const properties = new Map(literal.properties.flatMap((one) => (ts.isPropertyAssignment(one) ? [[one.name.getText(), one.initializer] as const] : [])));
  const [name, breaks] = [properties.get("name"), properties.get("breaks")];
  const difference = properties.get("backend") ?? properties.get("driver") ?? properties.get("opening");
  if (name === undefined || breaks === undefined || difference === undefined || !ts.isStringLiteral(name)) return undefined;
  const used = usedHelpers(difference, helpers);
  return { name: name.text, lines: bodyLines(difference) + used.reduce((sum, helper) => sum + bodyLines(helper), 0) };
}

/** The lines that do something: those between the first and the last, which only open and close; at least one. */
function bodyLines(node: ts.Node): number {
  const code = node.getText().split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("//"));
  return Math.max(1, code.length - 2);
}

function usedHelpers(node: ts.Node, helpers: ReadonlyMap<string, ts.FunctionDeclaration>): readonly ts.FunctionDeclaration[] {
  const used = new Set<ts.FunctionDeclaration>();
  const visit = (part: ts.Node): void => {
    const helper = ts.isIdentifier(part) ? helpers.get(part.text) : undefined;
    if (helper !== undefined && !used.has(helper)) {
      used.add(helper);
      visit(helper);
    }
    ts.forEachChild(part, visit);
  };
  visit(node);
  return [...used];
}
