import ts from "typescript";

/** How strict a user's own project is. */
export interface Strictness {
  readonly exactOptionalPropertyTypes: boolean;
}

/** One thing that the compiler says. */
export interface Complaint {
  /** Base name of the file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** The compiler options of a strict project that checks the declarations it depends on, too. */
export function userOptions(project: string, strictness: Strictness): ts.CompilerOptions {
  return {
    ...strictness,
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
    typeRoots: [`${project}/node_modules/@types`],
    noEmit: true,
  };
}

// The declarations of packages and of the language are the same text in every program: read and parsed once.
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Compiles files of a project, writing what the options ask for, and says what the compiler says about them and about every declaration that they reach. */
export function compile(files: readonly string[], options: ts.CompilerOptions): readonly Complaint[] {
  const host = ts.createCompilerHost(options, true);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (fileName, languageVersion, ...rest) => {
    if (!fileName.endsWith(".d.ts")) return read(fileName, languageVersion, ...rest);
    const known = parsed.get(fileName) ?? read(fileName, languageVersion, ...rest);
    parsed.set(fileName, known);
    return known;
  };
  const program = ts.createProgram({ rootNames: files, options, host });
  if (options.noEmit !== true) program.emit();
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => complaintOf(diagnostic));
}

function complaintOf({ file, start, code, messageText }: ts.Diagnostic): Complaint {
  return {
    file: file?.fileName.split("/").at(-1) ?? "",
    line: file === undefined || start === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1,
    code: `TS${code}`,
    message: ts.flattenDiagnosticMessageText(messageText, "\n"),
  };
}

/** The tokens of a TypeScript text, comments and white space left out. */
function tokens(text: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node, file: ts.SourceFile): void => {
    const children = node.getChildren(file);
    if (children.length === 0) found.push(node.getText(file));
    for (const child of children) visit(child, file);
  };
  const file = ts.createSourceFile("text.ts", text, ts.ScriptTarget.ES2022, true);
  visit(file, file);
  return found.filter((token) => token !== "");
}

/** By how many tokens two texts differ: what is left of the longer one between their common beginning and their common end. */
export function tokensApart(a: string, b: string): number {
  const [left, right] = [tokens(a), tokens(b)];
  const shorter = Math.min(left.length, right.length);
  let same = 0;
  while (same < shorter && left[same] === right[same]) same += 1;
  let tail = 0;
  while (tail < shorter - same && left.at(-1 - tail) === right.at(-1 - tail)) tail += 1;
  return Math.max(left.length, right.length) - same - tail;
}
