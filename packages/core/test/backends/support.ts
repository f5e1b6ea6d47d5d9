import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { afterAll, beforeAll } from "vitest";
import { openBackends } from "../../src/backends/open-backends.js";
import { secretJsonSchema } from "../../src/backends/secret-json-schema.js";
import { defineDriver } from "../../src/driver/define-driver.js";
import type { StandardSchema } from "../../src/driver/standard-schema.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";
import { isSecret, type Secret } from "../../src/model/secret.js";

/** A directory of this test file's own, and what writes a file into it. */
export function testFolder(): { readonly path: () => string; readonly write: (text: string, name?: string) => Promise<string> } {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "opensds-backends-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return {
    path: () => folder,
    write: async (text, name = "backends.yaml") => {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
  };
}

/** The mistakes' message of a file that must be refused. */
export async function refusal(...args: Parameters<typeof openBackends>): Promise<string> {
  const error: unknown = await openBackends(...args).then(
    () => "nothing was refused",
    (thrown: unknown) => thrown,
  );
  if (error instanceof SouthboundError && error.code === "INVALID_ARGUMENT" && error.reason === "bad-backends-file") {
    // What reaches a log: the message and the whole wire form.
    return `${error.message}\n${JSON.stringify(error)}`;
  }
  throw new Error(`not refused as a bad backends file: ${String(error)}`);
}

const unreachable = (): Promise<never> =>
  Promise.reject(new SouthboundError("UNAVAILABLE", "backend-unreachable", "nobody answers"));

const pool: StandardSchema<{ readonly pool: string }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "object" && value !== null && "pool" in value && typeof value.pool === "string"
        ? { value: { pool: value.pool } }
        : { issues: [{ message: "give a pool", path: ["pool"] }] },
  },
};

/** A driver whose schema is written by hand and has no JSON Schema side. */
export const plain = defineDriver({ kind: "fake", config: pool, connect: unreachable });

const arrayOptions = v.strictObject({
  pool: v.pipe(v.string(), v.description("Where the volumes lie.")),
  mode: v.optional(v.picklist(["thick", "thin"]), "thin"),
  password: v.pipe(v.custom<Secret>(isSecret), v.metadata(secretJsonSchema)),
  portals: v.optional(v.array(v.strictObject({ address: v.string(), chap: v.optional(v.pipe(v.custom<Secret>(isSecret), v.metadata(secretJsonSchema))) }))),
});

/** What the array's driver was last connected with. */
export const connectedWith: v.InferOutput<typeof arrayOptions>[] = [];

/** A driver as an author writes it with valibot, with a JSON Schema side. */
export const array = defineDriver({
  kind: "array",
  config: toStandardJsonSchema(arrayOptions),
  connect: (config) => {
    connectedWith.push(config);
    return unreachable();
  },
});

/** The same options, without a JSON Schema side. */
export const bareArray = defineDriver({ kind: "array", config: arrayOptions, connect: unreachable });
