import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { errorCodes, type ErrorCode } from "../../src/errors/codes.js";

/** One reason that the code gives to an error. */
export interface GivenReason {
  readonly where: string;
  readonly reason: string;
  /** Undefined where the code is not written beside the reason. */
  readonly code: ErrorCode | undefined;
  /** The recovery that the author gives, where it is written out. */
  readonly recovery: string | undefined;
}

/** Every reason that a folder's source hands to `fail(...)`, `new SouthboundError(...)` or a local helper for either. */
export function reasonsIn(folder: string, name: string): readonly GivenReason[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => reasonsInFile(join(folder, file), `${name}/${file}`));
}

function reasonsInFile(path: string, name: string): readonly GivenReason[] {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found: GivenReason[] = [];
  const visit = (node: ts.Node): void => {
    const where = `${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      found.push(...given(node).map((one) => ({ ...one, where })));
    } else if (ts.isObjectLiteralExpression(node)) {
      // Tables of what a backend's error numbers and texts mean.
      const [code] = codesOf(property(node, "code"));
      const [reason] = textsOf(property(node, "reason"));
      if (code !== undefined && reason !== undefined) {
        found.push({ where, code, reason, recovery: textsOf(property(node, "recovery"))[0] });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function given(call: ts.CallExpression | ts.NewExpression): readonly Omit<GivenReason, "where">[] {
  const [first, second] = call.arguments ?? [];
  const info = call.arguments?.find(ts.isObjectLiteralExpression);
  const recovery = info && textsOf(property(info, "recovery"))[0];
  const codes = codesOf(first);
  if (codes.length > 0) {
    return codes.flatMap((code) => textsOf(second).filter(isKebab).map((reason) => ({ code, reason, recovery })));
  }
  const isHelper = ts.isIdentifier(call.expression) && ["refuse", "bad"].includes(call.expression.text);
  const isError = call.expression.getText().endsWith("fail") || call.expression.getText() === "SouthboundError";
  const reasons = isHelper ? textsOf(first) : isError ? textsOf(second) : [];
  return reasons.filter(isKebab).map((reason) => ({ code: undefined, reason, recovery: undefined }));
}

/** The texts that an expression can be, where they are written out. */
function textsOf(node: ts.Expression | undefined): readonly string[] {
  if (node === undefined) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression);
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  return [];
}

const isCode = (text: string): text is ErrorCode => errorCodes.some((code) => code === text);
const isKebab = (text: string): boolean => /^[a-z]+(-[a-z]+)+$|^closing$/.test(text);
const codesOf = (node: ts.Expression | undefined): readonly ErrorCode[] => textsOf(node).filter(isCode);

function property(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const found = node.properties.find((one) => ts.isPropertyAssignment(one) && one.name.getText() === name);
  return found !== undefined && ts.isPropertyAssignment(found) ? found.initializer : undefined;
}
