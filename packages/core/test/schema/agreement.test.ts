import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import * as v from "valibot";
import { afterAll, describe, expect, it } from "vitest";
import { publishedSchemas } from "../../src/schema/published.js";
import { mutate, mutations } from "./mutate.js";
import { isSchema, valuesOf, type JsonSchema } from "./values-of.js";

const folder = new URL("../../schema/", import.meta.url);
const given = process.env["SB_SEED"] ?? String(Math.floor(Math.random() * 2 ** 31));
// A run's seed may be any text, such as a part of a commit's hash.
const seed = Buffer.from(given).reduce((hash, byte) => (hash * 31 + byte) | 0, 0);
/** Values of each kind, valid and changed, for every schema. */
const runs = 1000;

function readSchema(name: string): JsonSchema {
  const schema: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
  if (isSchema(schema)) return schema;
  throw new Error(`${name}.json is no schema`);
}

function viaJson(value: unknown): unknown {
  const back: unknown = JSON.parse(JSON.stringify(value));
  return back;
}

describe("the published JSON Schemas and our parsers", () => {
  const ajv = new Ajv2020({ strict: true });
  let compared = 0;
  afterAll(() => {
    console.log(`${compared} values of ${publishedSchemas.length} schemas compared, seed ${given} (again: SB_SEED=${given})`);
  });

  it("are of the same things", () => {
    const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
    expect(files.sort()).toEqual(publishedSchemas.map(({ name }) => `${name}.json`).sort());
  });

  it.each(publishedSchemas)("give the same verdict on $name", ({ name, schema }) => {
    const published = readSchema(name);
    const validate = ajv.compile(published);
    const values = valuesOf(published).map(viaJson);
    const verdicts = { valid: 0, invalid: 0 };
    const agree = (value: unknown): boolean => {
      const valid = validate(value);
      verdicts[valid ? "valid" : "invalid"] += 1;
      const parsed = v.safeParse(schema, value);
      if (parsed.success !== valid) {
        throw new Error(`Ajv says ${valid ? "valid" : ajv.errorsText(validate.errors)}, the parser ${parsed.success ? "valid" : parsed.issues[0].message}`);
      }
      return valid;
    };

    fc.assert(
      fc.property(values, (value) => {
        expect(agree(value)).toBe(true);
      }),
      { numRuns: runs, seed },
    );
    fc.assert(
      fc.property(values, fc.array(mutations, { minLength: 1, maxLength: 6 }), (value, changes) => {
        let changed = value;
        for (const change of changes) {
          changed = viaJson(mutate(changed, change));
          if (!validate(changed)) break;
        }
        // Some changes leave a value valid, above all where unknown fields are let be; no schema takes a number.
        agree(validate(changed) && changes.length > 1 ? 7 : changed);
      }),
      { numRuns: runs, seed },
    );

    compared += 2 * runs;
    for (const count of Object.values(verdicts)) expect(count / (2 * runs)).toBeGreaterThanOrEqual(0.4);
  });
});
