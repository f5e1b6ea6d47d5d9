import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { backendsSchema } from "../../src/backends/backends-schema.js";
import { openBackends } from "../../src/backends/open-backends.js";
import { defineDriver } from "../../src/driver/define-driver.js";
import { array, plain } from "./support.js";

const schema = backendsSchema([array, plain]);
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

const portals = [{ address: "a", chap: { env: "HOME" } }];
const goodArray = { pool: "p", password: { env: "HOME" } };
const good: readonly object[] = [
  { backends: { a: { array_driver: goodArray } } },
  { $schema: "x", backends: { a: { array_driver: { ...goodArray, mode: "thick", portals } }, b: { array_driver: goodArray } } },
  { backends: { a: { fake_driver: { pool: "p", anything: [1] } } }, timeoutMs: 1, host: { id: "h", runtimeDir: "/run" } },
];
const bad: readonly object[] = [
  {},
  { backends: {} },
  { backends: { a: {} } },
  { backends: { a: null } },
  { backends: { a: { array_driver: {} } } },
  { backends: { a: { array_driver: null } } },
  { backends: { a: { array_driver: { ...goodArray, pol: 1 } } } },
  { backends: { a: { array_driver: { ...goodArray, mode: "thik" } } } },
  { backends: { a: { array_driver: { ...goodArray, password: "hunter2" } } } },
  { backends: { a: { array_driver: { ...goodArray, password: { env: "not a name" } } } } },
  { backends: { a: { array_driver: { ...goodArray, password: { env: "HOME", file: "x" } } } } },
  { backends: { a: { array_driver: { ...goodArray, portals: [{ adress: "a" }] } } } },
  { backends: { a: { array_driver: goodArray, fake_driver: { pool: "p" } } } },
  { backends: { a: { arrray_driver: goodArray } } },
  { backends: { a: { fake_driver: { pool: "p" }, other: 1 } } },
  { backends: { a: { fake_driver: { pool: "p" }, module: "" } } },
  { backends: { "-a": { fake_driver: { pool: "p" } } } },
  { backends: { a: { fake_driver: { pool: "p" } } }, timeoutMs: 0 },
  { backends: { a: { fake_driver: { pool: "p" } } }, timeoutMs: 2 ** 31 },
  { backends: { a: { fake_driver: { pool: "p" } } }, host: { runtimeDir: "run" } },
  { backends: { a: { fake_driver: { pool: "p" } } }, host: { name: "h" } },
  { backends: { a: { fake_driver: { pool: "p" } } }, hosts: {} },
];

describe("backendsSchema()", () => {
  it("is a valid draft 7 schema, which editors' YAML support reads", () => {
    expect(schema["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
    expect(new Ajv().validateSchema(schema)).toBe(true);
  });

  it.each(good)("and openBackends() take %j", async (file) => {
    expect(validate(file), JSON.stringify(validate.errors)).toBe(true);
    await expect(openBackends(file, { drivers: [array, plain] })).resolves.toBeDefined();
  });

  it.each(bad)("and openBackends() refuse %j", async (file) => {
    expect(validate(file)).toBe(false);
    await expect(openBackends(file, { drivers: [array, plain] })).rejects.toMatchObject({ reason: "bad-backends-file" });
  });

  it("describes options in their authors' words, and secrets by reference", () => {
    expect(JSON.stringify(schema)).toContain("Where the volumes lie.");
    expect(schema).toMatchObject({ definitions: { array_driver: { properties: { password: { title: "Secret", properties: { env: {}, file: {} } } } } } });
  });

  it("takes any options of a driver whose validator has no JSON Schema side, or whose side throws", () => {
    const throwing = defineDriver({
      kind: "throwing",
      config: {
        "~standard": {
          ...plain.config["~standard"],
          jsonSchema: { input: () => { throw new Error("cannot"); }, output: () => ({}) },
        },
      },
      connect: () => Promise.reject(new Error("not used here")),
    });
    const open = new Ajv({ strict: false }).compile(backendsSchema([throwing]));
    expect(open({ backends: { a: { throwing_driver: { x: 1 } } } })).toBe(true);
    expect(open({ backends: { a: { throwing_driver: null } } })).toBe(true);
    expect(open({ backends: { a: { throwing_driver: 1 } } })).toBe(false);
  });

  it("takes a driver that it does not know where a module is named", () => {
    expect(validate({ backends: { a: { module: "./mine.js", mine_driver: { x: 1 } } } })).toBe(true);
    expect(validate({ backends: { a: { module: "./mine.js" } } })).toBe(false);
  });

  it("keeps a driver's own references pointing into its own schema", () => {
    const tree = { $ref: "#/definitions/node", definitions: { node: { type: "object", properties: { leaf: { $ref: "#/definitions/node" } }, additionalProperties: false } } };
    const recursive = defineDriver({
      kind: "tree",
      config: { "~standard": { ...plain.config["~standard"], jsonSchema: { input: () => tree, output: () => tree } } },
      connect: () => Promise.reject(new Error("not used here")),
    });
    const check = new Ajv({ strict: false }).compile(backendsSchema([recursive]));
    expect(check({ backends: { a: { tree_driver: { leaf: { leaf: {} } } } } })).toBe(true);
    expect(check({ backends: { a: { tree_driver: { leaf: { leef: {} } } } } })).toBe(false);
  });
});
