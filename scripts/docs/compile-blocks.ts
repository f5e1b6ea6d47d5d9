import { join } from "node:path";
import ts from "typescript";
import { root } from "../lib/root.js";
import { blocksIn, type DocsPage } from "./pages.js";

const options: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  allowJs: true,
  checkJs: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ["node"],
};

/** Compiles every block of TypeScript and JavaScript as a module of its own, against the built packages; tells what does not compile, by page and line. */
export function uncompilable(pages: readonly DocsPage[]): { readonly blocks: number; readonly problems: readonly string[] } {
  const files = new Map<string, { readonly page: string; readonly text: string; readonly line: number; readonly before: number }>();
  for (const { page, line, language, code, context } of blocksIn(pages, "ts", "js", "typescript", "javascript")) {
    const before = context.join("\n");
    const extension = language.startsWith("t") ? "ts" : "js";
    // In the repository's folder, where the packages are found by their names.
    const file = join(root, `docs-block-${files.size}.${extension}`);
    files.set(file, { page, line, text: `${before}\n${code}`, before: before.split("\n").length });
  }
  const host = ts.createCompilerHost(options, true);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  host.readFile = (name) => files.get(name)?.text ?? readFile(name);
  host.fileExists = (name) => files.has(name) || fileExists(name);
  const program = ts.createProgram({ rootNames: [...files.keys()], options, host: { ...host, getSourceFile: sourceOf } });
  const problems = ts.getPreEmitDiagnostics(program).flatMap(({ file, start, messageText }) => {
    const block = files.get(file?.fileName ?? "");
    if (file === undefined || block === undefined) return [ts.flattenDiagnosticMessageText(messageText, " ")];
    const line = block.line + file.getLineAndCharacterOfPosition(start ?? 0).line - block.before;
    return [`${block.page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`];
  });
  return { blocks: files.size, problems };

  function sourceOf(...args: Parameters<ts.CompilerHost["getSourceFile"]>): ts.SourceFile | undefined {
    const text = files.get(args[0])?.text;
    return text === undefined ? host.getSourceFile(...args) : ts.createSourceFile(args[0], text, args[1], true);
  }
}
