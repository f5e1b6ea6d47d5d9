import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { operationCodes } from "@opensds/core";
import ts from "typescript";
import { root } from "./root.js";

const core = "packages/core/src";

/** What a dock calls and what an author writes: the interfaces whose methods the rules are about. */
const isContract = (name: string): boolean => ["VolumeDriver", "StorageBackend", "AuthoredExpansion"].includes(name) || name.endsWith("Facet");

/** Methods of the contract whose docstring does not say which rule of the specification they obey. */
export async function citationProblems(): Promise<readonly string[]> {
  const facets = (await readdir(join(root, core, "facets"))).map((name) => `${core}/facets/${name}`);
  const files = [`${core}/driver/volume-driver.ts`, `${core}/driver/storage-backend.ts`, ...facets];
  const methods = (await Promise.all(files.map(async (path) => methodsIn(path, await readFile(join(root, path), "utf8"))))).flat();
  const found = new Set(methods.map(({ name }) => name.split(".")[1]));
  const missing = Object.keys(operationCodes).filter((operation) => operation !== "openBackends" && !found.has(operation));
  const silent = methods.filter(({ docstring }) => !/\bSB-[A-Z]+-[1-9]/.test(docstring));
  return [
    ...missing.map((operation) => `no interface in ${core} has a method for the operation ${operation}`),
    ...silent.map(({ path, name }) => `${path}: the docstring of ${name} cites no rule`),
  ];
}

interface Method {
  readonly path: string;
  readonly name: string;
  readonly docstring: string;
}

function methodsIn(path: string, text: string): readonly Method[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return source.statements
    .filter(ts.isInterfaceDeclaration)
    .filter(({ name }) => isContract(name.text))
    .flatMap((declared) =>
      declared.members.filter(ts.isMethodSignature).map((method) => ({
        path,
        name: `${declared.name.text}.${method.name.getText(source)}`,
        docstring: ts.getJSDocCommentsAndTags(method).map((comment) => comment.getText(source)).join("\n"),
      })),
    );
}
