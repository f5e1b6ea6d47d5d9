import { dirname, relative, sep } from "node:path";
import ts from "typescript";
import type { EntryPoint } from "../../api/entry-points.js";

/** Something that an entry point exports, as its users' compiler sees it. */
export interface Declared {
  readonly name: string;
  readonly kind: "function" | "class" | "interface" | "type" | "const";
  /** The folder of the package that it stands in; empty: none. */
  readonly folder: string;
  /** The docstring, in Markdown. */
  readonly text: string;
  /** The declaration, without comments. */
  readonly code: string;
  /** What the docstrings of its members say, of those that have one. */
  readonly members: readonly { readonly name: string; readonly text: string }[];
}

const options: ts.CompilerOptions = {
  ...{ strict: true, skipLibCheck: true, noEmit: true, types: ["node"], lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"] },
  ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
};
const printer = ts.createPrinter({ removeComments: true });

/** Reads what entry points export from their built declarations. */
export function declarations(entries: readonly EntryPoint[]): readonly (readonly [EntryPoint, readonly Declared[]])[] {
  const program = ts.createProgram(entries.map((entry) => entry.declarations), options);
  const checker = program.getTypeChecker();
  return entries.map((entry) => {
    const source = program.getSourceFile(entry.declarations);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${entry.declarations} is no module; run: npm run build`);
    const exported = checker.getExportsOfModule(module).filter(({ name }) => name !== "default");
    return [entry, exported.map((symbol) => declared(symbol.name, original(symbol, checker), checker, dirname(entry.declarations)))];
  });
}

const original = (symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol =>
  (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);

function declared(name: string, symbol: ts.Symbol, checker: ts.TypeChecker, dist: string): Declared {
  const nodes = symbol.declarations ?? [];
  const [first] = nodes;
  if (first === undefined) throw new Error(`${name} has no declaration`);
  const path = relative(dist, dirname(first.getSourceFile().fileName));
  return {
    name,
    kind: kindOf(first),
    // What comes from another package stands in none of this one's folders.
    folder: path.startsWith("..") ? "" : (path.split(sep)[0] ?? ""),
    text: textOf(symbol, checker),
    code: nodes.map(codeOf).join("\n"),
    members: nodes.flatMap(membersOf).flatMap((member) => {
      const found = member.name && checker.getSymbolAtLocation(member.name);
      const text = found === undefined ? "" : textOf(found, checker);
      return text === "" ? [] : [{ name: member.name?.getText() ?? "", text }];
    }),
  };
}

/** The words of a tag before its text; an example is code. */
const tags: Readonly<Record<string, string>> = { throws: "Throws ", example: "For example: ", returns: "Returns " };

function textOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const told = symbol.getJsDocTags(checker).map(({ name, text }) => {
    const said = ts.displayPartsToString(text);
    return `${tags[name] ?? `${name}: `}${name === "example" ? `\`${said}\`` : said}`;
  });
  const text = [ts.displayPartsToString(symbol.getDocumentationComment(checker)), ...told].join("\n\n");
  return text.replaceAll(/\{@link ([^}]+)\}/g, "`$1`").trim();
}

function kindOf(node: ts.Declaration): Declared["kind"] {
  if (ts.isFunctionDeclaration(node)) return "function";
  if (ts.isClassDeclaration(node)) return "class";
  if (ts.isInterfaceDeclaration(node)) return "interface";
  return ts.isTypeAliasDeclaration(node) ? "type" : "const";
}

function codeOf(node: ts.Declaration): string {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  const printed = printer.printNode(ts.EmitHint.Unspecified, statement, node.getSourceFile());
  return printed.replace(/^export /, "").replace(/^declare /, "");
}

function membersOf(node: ts.Declaration): readonly ts.NamedDeclaration[] {
  if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) return [...node.members];
  return ts.isTypeAliasDeclaration(node) && ts.isTypeLiteralNode(node.type) ? [...node.type.members] : [];
}
