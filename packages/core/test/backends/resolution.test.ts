import { cp, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packProjects, type Files, type PackedProjects } from "./packed-project.js";

/** A driver's package as an author publishes it, in the fewest lines. */
const driverPackage = (name: string, kind: string, exported: object): Files => ({
  "package.json": { name, version: "1.2.3", type: "module", exports: exported, peerDependencies: { "@opensds/core": "*" } },
  "driver.js": `
import { defineDriver } from "@opensds/core";
const unused = () => Promise.reject(new Error("not used here"));
const methods = ["createVolume", "getVolume", "listVolumePage", "deleteVolume", "connectVolume", "disconnectVolume", "listConnections", "readFormat", "writeFormat"];
export const driver = defineDriver({
  kind: "${kind}",
  config: { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } },
  connect: async () => ({
    manifest: {
      kind: "${kind}",
      limits: { nameBytes: 128, granularityBytes: 1, minVolumeBytes: 1, maxVolumeBytes: 1024 },
      nameUniqueness: "guaranteed", accessModes: ["single-writer"], protocols: [], parameters: {},
    },
    ...Object.fromEntries(methods.map((name) => [name, unused])),
    close: async () => {},
    greeting: "hello from ${kind}",
  }),
});
export default driver;
`,
});

/** Opens the backends file of its arguments and prints what came of it. */
const dock = (options: string, imports = ""): string => `
import { openBackends } from "@opensds/core";
${imports}
// Within a function: a CommonJS bundle has no top-level await.
async function main() {
  try {
    const backends = await openBackends(process.argv[2], ${options});
    console.log(JSON.stringify(backends.names.map((name) => [name, backends.get(name).kind])));
  } catch (error) {
    console.log(JSON.stringify(error.message));
  }
}
void main();
`;

const fakeBackends = `
host: { id: dock-1 }
backends:
  a: { fake_driver: { pool: x } }
  b: { other_driver: { pool: y } }
`;
const found = [["a", "fake"], ["b", "other"]];

let projects: PackedProjects;
beforeAll(async () => {
  projects = await packProjects({
    "@opensds/driver-fake": driverPackage("@opensds/driver-fake", "fake", { ".": { default: "./driver.js" } }),
    // For \`import\` alone: require.resolve() refuses such a package.
    "opensds-driver-other": driverPackage("opensds-driver-other", "other", { ".": { types: "./driver.d.ts", import: "./driver.js" } }),
  });
}, 120_000);
afterAll(() => projects.remove());

const dependencies = (): object => Object.fromEntries([...projects.tarballs].map(([name, tarball]) => [name, `file:${tarball}`]));

describe("drivers in a project that npm installed", () => {
  let project = "";
  beforeAll(async () => {
    project = await projects.write("npm", {
      "package.json": { name: "dock", version: "1.0.0", private: true, type: "module", dependencies: dependencies() },
      "backends.yaml": fakeBackends,
      "dock.js": dock("{ from: import.meta.url }"),
      "dock-cwd.js": dock("{}"),
    });
    await projects.npmInstall(project);
  }, 120_000);
  const file = (): string => join(project, "backends.yaml");

  it("are found by name from the caller, wherever the process stands", async () => {
    expect(await projects.run(join(project, "dock.js"), { cwd: "/", args: [file()] })).toEqual(found);
  });

  it("are found by name from the working directory by default, and from nowhere else", async () => {
    expect(await projects.run(join(project, "dock-cwd.js"), { cwd: project, args: [file()] })).toEqual(found);
    const elsewhere = await projects.run(join(project, "dock-cwd.js"), { cwd: projects.folder, args: [file()] });
    expect(elsewhere).toContain("there is no driver of kind fake: not registered, and not installed as @opensds/driver-fake or opensds-driver-fake");
  });

  it("are found by the module that the file names: a package, or a path from the file's directory", async () => {
    const folder = await projects.write("npm/etc", {
      "backends.yaml": `
backends:
  a: { module: "@opensds/driver-fake", fake_driver: {} }
  b: { module: ../node_modules/opensds-driver-other/driver.js, other_driver: {} }
`,
      "wrong.yaml": `
backends:
  a: { module: "@opensds/driver-fake", fakee_driver: {} }
  b: { module: ./nowhere.js, other_driver: {} }
`,
    });
    expect(await projects.run(join(project, "dock.js"), { args: [join(folder, "backends.yaml")] })).toEqual(found);
    const wrong = await projects.run(join(project, "dock.js"), { args: [join(folder, "wrong.yaml")] });
    expect(wrong).toContain('wrong.yaml:3: backends.a.fakee_driver: @opensds/driver-fake exports no driver of kind fakee; did you mean "fake"?');
    expect(wrong).toContain("wrong.yaml:4: backends.b.other_driver: the module ./nowhere.js cannot be found");
  });

  it("that are there but broken are told from those that are not there", async () => {
    const bare = (name: string, exported: string): object => ({ name, version: "2.0.0", type: "module", exports: exported });
    await projects.write("npm/node_modules", {
      "opensds-driver-throws/package.json": bare("opensds-driver-throws", "./i.js"),
      "opensds-driver-throws/i.js": "import 'not-installed-anywhere';",
      "opensds-driver-unbuilt/package.json": bare("opensds-driver-unbuilt", "./dist/index.js"),
      "opensds-driver-sub/package.json": { name: "opensds-driver-sub", type: "module", exports: { "./sub": "./i.js" } },
      "opensds-driver-empty/package.json": bare("opensds-driver-empty", "./i.js"),
      "opensds-driver-empty/i.js": "export const driver = 1;",
      "opensds-driver-newer/package.json": bare("opensds-driver-newer", "./i.js"),
      "opensds-driver-newer/i.js":
        "import { driver } from '@opensds/driver-fake'; export default { ...driver, kind: 'newer', contract: '9.0' };",
    });
    const wanted = ["throws", "unbuilt", "sub", "empty", "newer", "thrws"];
    const folder = await projects.write("npm/broken", {
      "backends.yaml": `backends:\n${wanted.map((kind) => `  ${kind}: { ${kind}_driver: {} }\n`).join("")}`,
    });
    const path = join(folder, "backends.yaml");
    const message = await projects.run(join(project, "dock.js"), { args: [path] });
    expect(message).toContain(`${path}:2: backends.throws.throws_driver: opensds-driver-throws is installed but fails while it is loaded: Cannot find package 'not-installed-anywhere'`);
    expect(message).toContain(`${path}:3: backends.unbuilt.unbuilt_driver: opensds-driver-unbuilt is installed but cannot be loaded: the file that its package.json names is missing: was it built?`);
    expect(message).toContain(`${path}:4: backends.sub.sub_driver: opensds-driver-sub is installed but cannot be loaded: its package.json exports nothing to import`);
    expect(message).toContain(`${path}:5: backends.empty.empty_driver: opensds-driver-empty exports no driver of kind empty`);
    expect(message).toContain(`${path}:6: backends.newer.newer_driver: opensds-driver-newer 2.0.0 was written for contract 9.0, and this @opensds/core speaks 0.1: update @opensds/core`);
    expect(message).toContain(`${path}:7: backends.thrws.thrws_driver: there is no driver of kind thrws`);
    expect(message).toContain('did you mean "throws"?');
  });

  it("give their options to the JSON Schema of the file", async () => {
    await projects.write("npm", {
      "schema.js": `
import { backendsSchema, installedDrivers } from "@opensds/core";
console.log(JSON.stringify(Object.keys(backendsSchema(await installedDrivers(import.meta.url)).definitions)));
`,
    });
    expect(await projects.run(join(project, "schema.js"))).toEqual(expect.arrayContaining(["backend", "fake_driver", "other_driver"]));
  });

  it("work with a second copy of core, and their extras are reached across it", async () => {
    const driver = join(project, "node_modules/@opensds/driver-fake");
    await cp(join(project, "node_modules/@opensds/core"), join(driver, "node_modules/@opensds/core"), { recursive: true });
    await projects.write("npm", {
      "extras.js": `
import { backend, extrasOf, isOpenedBy, openBackends } from "@opensds/core";
import { fake } from "./fake.js";
import * as inner from "./node_modules/@opensds/driver-fake/node_modules/@opensds/core/dist/index.js";
const outer = (await openBackends({ backends: { a: backend(fake, {}) } }, {})).get("a");
await outer.setup();
const other = (await inner.openBackends({ backends: { a: inner.backend(fake, {}) } }, {})).get("a");
await other.setup();
console.log(JSON.stringify([inner.openBackends === openBackends, ...[outer, other].map((driver) =>
  [isOpenedBy(driver, fake), inner.isOpenedBy(driver, fake), extrasOf(driver).greeting, inner.extrasOf(driver).greeting])]));
`,
      "fake.js": `export { driver as fake } from "@opensds/driver-fake";`,
    });
    const known = [true, true, "hello from fake", "hello from fake"];
    expect(await projects.run(join(project, "extras.js"))).toEqual([false, known, known]);
  });
});

describe("drivers in a pnpm workspace without hoisting", () => {
  it("are found from the caller, though core itself sees none of them", async () => {
    const workspace = await projects.write("pnpm", {
      "package.json": { name: "workspace", version: "1.0.0", private: true },
      "pnpm-workspace.yaml": "packages: [packages/*]\nhoist: false\n",
      "packages/dock/package.json": { name: "dock", version: "1.0.0", private: true, type: "module", dependencies: dependencies() },
      "packages/dock/backends.yaml": fakeBackends,
      "packages/dock/dock.js": dock("{ from: import.meta.url }"),
    });
    await projects.pnpmInstall(workspace);
    const place = join(workspace, "packages/dock");
    expect(await projects.run(join(place, "dock.js"), { cwd: "/", args: [join(place, "backends.yaml")] })).toEqual(found);

    const core = createRequire(createRequire(join(place, "dock.js")).resolve("@opensds/core"));
    expect(() => core.resolve("@opensds/driver-fake")).toThrow("Cannot find module");
  }, 120_000);
});

describe("drivers in a bundle", () => {
  // In an ESM bundle esbuild leaves the `require("process")` of CommonJS packages (yaml, cross-spawn) to a `require` of the author's.
  const banner = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
  it.each([
    ["esm", "dock.mjs", banner],
    ["cjs", "dock.cjs", ""],
  ] as const)("are the registered ones: one %s file runs where nothing is installed", async (format, name, js) => {
    const project = await projects.write("npm", {
      "bundled.js": dock("{ drivers: [fake, other] }", `import { driver as fake } from "@opensds/driver-fake";\nimport other from "opensds-driver-other";`),
    });
    const alone = join(projects.folder, "alone");
    await mkdir(alone, { recursive: true });
    const { build } = await import("esbuild");
    await build({
      entryPoints: [join(project, "bundled.js")],
      outfile: join(alone, name),
      bundle: true,
      platform: "node",
      format,
      banner: { js },
      logLevel: "silent",
    });
    await projects.write("alone", { "backends.yaml": fakeBackends, "unknown.yaml": "backends: { a: { fak_driver: {} } }" });
    expect(await projects.run(join(alone, name), { cwd: alone, args: ["backends.yaml"] })).toEqual(found);
    const unknown = await projects.run(join(alone, name), { cwd: alone, args: ["unknown.yaml"] });
    expect(unknown).toContain('did you mean "fake"? Known: fake, other');
  });
});
