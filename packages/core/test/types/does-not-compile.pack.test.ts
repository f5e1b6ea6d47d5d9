import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile, tokensApart, userOptions, type Complaint } from "./compile.js";
import { packages, subpathsOf, unpackPackages, type PackedPackages } from "./packed-packages.js";

// A case is a pair: `x.good.ts` compiles, and `x.bad.ts`, which differs in one token, gives the error that a comment at the end of one
// of its lines asserts: `// TS2345`, or `// TS2379 with exactOptionalPropertyTypes, TS2345 without`.
const folder = fileURLToPath(new URL("./cases/", import.meta.url));
const files = (await readdir(folder)).filter((name) => name.endsWith(".ts"));
const cases = files.filter((name) => name.endsWith(".good.ts")).map((name) => name.replace(/\.good\.ts$/, ""));
/** Reaches the declarations of everything that the packages export. */
const everything = "everything.ts";
const textOf = (name: string): Promise<string> => readFile(join(folder, name), "utf8");

let packed: PackedPackages;
beforeAll(async () => {
  packed = await unpackPackages();
  await cp(folder, join(packed.project, "cases"), { recursive: true });
  const subpaths = (await Promise.all(packages.map((name) => subpathsOf(packed, name)))).flat();
  await writeFile(join(packed.project, "cases", everything), subpaths.map((path, index) => `export * as m${index} from "${path}";`).join("\n"));
}, 180_000);
afterAll(() => packed.remove());

describe("the pairs of files", () => {
  it("are pairs", () => {
    const bad = files.filter((name) => name.endsWith(".bad.ts")).map((name) => name.replace(/\.bad\.ts$/, ""));
    expect(bad).toEqual(cases);
    expect(cases.length).toBeGreaterThanOrEqual(30);
  });

  it.each(cases)("differ in one token: %s", async (name) => {
    expect(tokensApart(await textOf(`${name}.good.ts`), await textOf(`${name}.bad.ts`))).toBe(1);
  });
});

describe.each([true, false])("with exactOptionalPropertyTypes %s", (exactOptionalPropertyTypes) => {
  let complaints: readonly Complaint[] = [];
  beforeAll(() => {
    const paths = [everything, ...files].map((name) => join(packed.project, "cases", name));
    complaints = compile(paths, userOptions(packed.project, { exactOptionalPropertyTypes }));
  }, 180_000);

  it("everything compiles but the bad halves: the packages' declarations, the good halves, the users of the whole interface", () => {
    expect(complaints.filter(({ file }) => !file.endsWith(".bad.ts"))).toEqual([]);
  });

  it.each(cases)("does not compile: %s", async (name) => {
    const lines = (await textOf(`${name}.bad.ts`)).split("\n");
    const asserted = lines.flatMap((line, index) => {
      const [, code, without = code] = /\/\/ (TS\d+)(?: with exactOptionalPropertyTypes, (TS\d+) without)?$/.exec(line) ?? [];
      return code === undefined ? [] : [{ line: index + 1, code: exactOptionalPropertyTypes ? code : without }];
    });
    expect(asserted).toHaveLength(1);
    const given = complaints.filter(({ file }) => file === `${name}.bad.ts`);
    expect(given.map(({ line, code }) => ({ line, code })), given[0]?.message).toEqual(asserted);
  });
});
