import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import ts from "typescript";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packages, repository, subpathsOf, unpackPackages, type PackedPackages } from "./packed-packages.js";

let packed: PackedPackages;
beforeAll(async () => {
  packed = await unpackPackages();
}, 180_000);
afterAll(() => packed.remove());

const manifestShape = v.object({ exports: v.record(v.string(), v.union([v.string(), v.record(v.string(), v.string())])) });
const mapShape = v.object({ sources: v.array(v.string()), sourcesContent: v.optional(v.array(v.string())) });

async function readJson<Shape extends v.GenericSchema>(shape: Shape, path: string): Promise<v.InferOutput<Shape>> {
  return v.parse(shape, JSON.parse(await readFile(path, "utf8")));
}

/** The files of a package, from its folder. */
async function filesOf(name: (typeof packages)[number]): Promise<readonly string[]> {
  const entries = await readdir(packed.folderOf(name), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(packed.folderOf(name).length + 1));
}

describe.each(packages)("the package of %s", (name) => {
  const path = (file: string): string => join(packed.folderOf(name), file);

  it("holds no test, no note of the build, and no word of the folder that it was built in", async () => {
    const files = await filesOf(name);
    // A template is copied into an author's project, with the test and the workflow that this is to begin with.
    const own = files.filter((file) => !file.startsWith("template/"));
    expect(own.filter((file) => /(^|\/)(tests?\/|\.)|\.test\.|tsbuildinfo|\.tgz$/.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "package.json", "dist/index.js", "dist/index.d.ts"]));
    for (const file of files) expect(await readFile(path(file), "utf8"), file).not.toContain(repository);
  });

  it("names the types first of everything that it exports, and nothing that is not there", async () => {
    for (const [subpath, entry] of Object.entries((await readJson(manifestShape, path("package.json"))).exports)) {
      if (typeof entry !== "string") expect(Object.keys(entry), subpath).toEqual(["types", "default"]);
      const files = await filesOf(name);
      for (const file of typeof entry === "string" ? [entry] : Object.values(entry)) {
        const [begin = "", end = ""] = file.slice("./".length).split("*");
        expect(files.some((one) => one.startsWith(begin) && one.endsWith(end)), file).toBe(true);
      }
    }
  });

  it("has its sources once, and maps of code and of declarations that lead to them", async () => {
    const files = await filesOf(name);
    for (const script of files.filter((file) => /^dist\/.*\.js$/.test(file))) expect(files).toContain(`${script}.map`);
    for (const map of files.filter((file) => file.endsWith(".map"))) {
      const { sources, sourcesContent } = await readJson(mapShape, path(map));
      expect(sourcesContent, map).toBeUndefined();
      // What is bundled of others is theirs to explain; NOTICE names it.
      const missing = sources.filter((source) => !source.includes("/node_modules/") && !existsSync(join(dirname(path(map)), source)));
      expect(missing, `${map} is of an earlier build; run: npm run build`).toEqual([]);
    }
  });
});

it("core's declarations lean on nothing but Node, OpenTelemetry's interface and themselves", async () => {
  const outside = new Set<string>();
  const seen = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(await readFile(file, "utf8"), true, true);
    for (const { fileName } of [...importedFiles, ...typeReferenceDirectives]) {
      if (fileName.startsWith(".")) await visit(join(dirname(file), fileName.replace(/\.js$/, ".d.ts")));
      else outside.add(fileName);
    }
  };
  const { exports } = await readJson(manifestShape, join(packed.folderOf("core"), "package.json"));
  for (const entry of Object.values(exports)) if (typeof entry !== "string") await visit(join(packed.folderOf("core"), entry["types"] ?? ""));
  expect(seen.size).toBeGreaterThan(20);
  expect([...outside].filter((name) => !/^(node:|@opensds\/|@opentelemetry\/api$)/.test(name))).toEqual([]);
});

/** Imports modules in a process of their own, which may read nothing but packages, write nothing and start nothing; and tells what they loaded. */
async function importIn(platform: string, modules: readonly string[]): Promise<{ readonly files: readonly string[]; readonly builtins: readonly string[] }> {
  const script = join(packed.project, "import.mjs");
  await writeFile(
    script,
    `
import { createRequire } from "node:module";
Object.defineProperty(process, "platform", { value: ${JSON.stringify(platform)} });
const before = new Set(process.moduleLoadList);
for (const name of process.argv.slice(2)) await import(name);
const files = Object.keys(createRequire(import.meta.url).cache);
console.log(JSON.stringify({ files, builtins: process.moduleLoadList.filter((name) => !before.has(name)) }));
`,
  );
  const permission = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
  const readable = [packed.project, join(repository, "node_modules")].map((folder) => `--allow-fs-read=${folder}/*`);
  const { stdout, stderr } = await execa({ cwd: packed.project, env: { NODE_DEBUG: "esm" } })(process.execPath, [permission, ...readable, script, ...modules]);
  const { files, builtins } = v.parse(v.object({ files: v.array(v.string()), builtins: v.array(v.string()) }), JSON.parse(stdout));
  const loaded = [...stderr.matchAll(/file:\/\/[^\s'",?)]+/g)].map(([url]) => url);
  return { files: [...new Set([...files, ...loaded])], builtins };
}

describe("import", () => {
  it("of core loads no package besides, and no client of HTTP", async () => {
    const { files, builtins } = await importIn(process.platform, ["@opensds/core"]);
    const foreign = files.filter((file) => file.includes("/node_modules/") && !file.includes("/node_modules/@opensds/core/"));
    expect(files.some((file) => file.includes("/node_modules/@opensds/core/"))).toBe(true);
    expect(foreign).toEqual([]);
    expect(builtins.filter((name) => /\b(https?|http2|undici|fetch|_http_client|child_process|net|tls)$/.test(name))).toEqual([]);
  });

  it.each(["win32", "darwin", "linux"])("works on %s, and touches neither the machine nor another file", async (platform) => {
    const subpaths = (await Promise.all(packages.map((name) => subpathsOf(packed, name)))).flat().filter((name) => name !== "@opensds/testkit/vitest");
    expect(subpaths.length).toBeGreaterThanOrEqual(7);
    const { files } = await importIn(platform, subpaths);
    expect(files.filter((file) => /koffi|\.node$/.test(file))).toEqual([]);
  });
});
