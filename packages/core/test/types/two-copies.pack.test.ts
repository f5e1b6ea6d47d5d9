import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type ts from "typescript";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile, userOptions } from "./compile.js";
import { unpackPackages, type PackedPackages } from "./packed-packages.js";

// What npm makes of a dock whose drivers ask for other versions of core: each driver has a copy of its own.
const sources = fileURLToPath(new URL("./cases/two-copies/", import.meta.url));

let packed: PackedPackages;
beforeAll(async () => {
  packed = await unpackPackages();
}, 180_000);
afterAll(() => packed.remove());

/** A copy of core for one package alone. The compiler takes copies of one version for one, so this is another. */
async function giveOwnCore(folder: string): Promise<void> {
  const copy = join(folder, "node_modules/@opensds/core");
  await cp(packed.folderOf("core"), copy, { recursive: true });
  const manifest = await readFile(join(copy, "package.json"), "utf8");
  await writeFile(join(copy, "package.json"), manifest.replace(/"version": "[^"]+"/, '"version": "0.99.0"'));
}

it("a dock and drivers with two copies of core compile, and understand each other's facets, errors and secrets", async () => {
  // The packages' own declarations are checked with the pairs of files.
  const optionsWith = (exactOptionalPropertyTypes: boolean): ts.CompilerOptions => ({
    ...userOptions(packed.project, { exactOptionalPropertyTypes }),
    skipLibCheck: true,
    noEmit: false,
  });
  const driver = join(packed.project, "node_modules/opensds-driver-array");
  await mkdir(driver, { recursive: true });
  await giveOwnCore(driver);
  await giveOwnCore(packed.folderOf("testkit"));
  const exported = { ".": { types: "./driver.d.ts", default: "./driver.js" } };
  await writeFile(join(driver, "package.json"), JSON.stringify({ name: "opensds-driver-array", version: "1.0.0", type: "module", exports: exported }));
  await cp(join(sources, "driver.ts"), join(driver, "driver.ts"));
  expect(compile([join(driver, "driver.ts")], { ...optionsWith(true), declaration: true })).toEqual([]);
  await rm(join(driver, "driver.ts"));

  const dock = join(packed.project, "dock.ts");
  await cp(join(sources, "dock.ts"), dock);
  expect(compile([dock], optionsWith(true))).toEqual([]);
  expect(compile([dock], optionsWith(false))).toEqual([]);

  const { stdout } = await execa({ cwd: packed.project })(process.execPath, ["dock.js"]);
  expect(JSON.parse(stdout)).toEqual({
    copies: 2,
    "their secret here": [true, "the driver's own", "[secret]"],
    "our secret there": true,
    "their error through the guard": ["RESOURCE_EXHAUSTED", "backend-full", "mine"],
    "their failed call": ["NOT_FOUND", "getVolume", "mine"],
    "their bare error": [true, false],
    "their facet": "healthy",
    reference: [["b"], "ALREADY_EXISTS", "volume-not-found"],
  });
}, 180_000);
