import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { backend } from "../../src/backends/backend.js";
import { openBackends } from "../../src/backends/open-backends.js";
import { extrasOf, isOpenedBy } from "../../src/backends/opened-by.js";
import { secretJsonSchema } from "../../src/backends/secret-json-schema.js";
import { defineDriver } from "../../src/driver/define-driver.js";
import type { StorageBackend } from "../../src/driver/storage-backend.js";
import type { VolumeDriver } from "../../src/driver/volume-driver.js";
import { isSecret, secret, type Secret } from "../../src/model/secret.js";
import { plain } from "./support.js";

const unused = (): Promise<never> => Promise.reject(new Error("not used here"));
const contract: StorageBackend = {
  manifest: {
    kind: "array",
    limits: { nameBytes: 128, granularityBytes: 1, minVolumeBytes: 1, maxVolumeBytes: 2 ** 40 },
    nameUniqueness: "guaranteed",
    accessModes: ["single-writer"],
    protocols: [],
    parameters: {},
  },
  createVolume: unused,
  getVolume: unused,
  listVolumePage: unused,
  deleteVolume: unused,
  connectVolume: unused,
  disconnectVolume: unused,
  listConnections: unused,
  readFormat: unused,
  writeFormat: unused,
  close: () => Promise.resolve(),
};

const options = v.strictObject({
  pool: v.string(),
  mode: v.optional(v.picklist(["thick", "thin"]), "thin"),
  password: v.optional(v.pipe(v.custom<Secret>(isSecret), v.metadata(secretJsonSchema))),
});
const array = defineDriver({
  kind: "array",
  config: toStandardJsonSchema(options),
  connect: (config) => Promise.resolve({ ...contract, model: `array with ${config.mode} ${config.pool}`, blink: (slot: number) => slot + 1 }),
});

describe("backend()", () => {
  it("checks options as they are written, defaults left out, and needs no list of drivers", async () => {
    const backends = await openBackends({
      backends: {
        ssd: backend(array, { pool: "ssd" }),
        hdd: backend(array, { pool: "hdd", mode: "thick", password: { env: "HOME" } }),
        given: backend(array, { pool: "x", password: secret("y") }),
        other: { fake_driver: { pool: "p" } },
      },
      timeoutMs: 1000,
    }, { drivers: [plain] });
    expect(backends.names).toEqual(["ssd", "hdd", "given", "other"]);
    expectTypeOf(backends.get("ssd").kind).toEqualTypeOf<"array">();
    expectTypeOf(backends.get("other")).toEqualTypeOf<VolumeDriver>();
    expect(backends.get("ssd").kind).toBe("array");
  });

  it("does not compile with wrong options, and is refused", async () => {
    // @ts-expect-error an option that the schema does not know
    const unknown = backend(array, { pool: "p", pol: "p" });
    // @ts-expect-error a value that the schema does not take
    const wrong = backend(array, { pool: 3 });
    // @ts-expect-error a secret in plain text
    const open = backend(array, { pool: "p", password: "hunter2" });
    await expect(openBackends({ backends: { unknown, wrong, open } })).rejects.toThrow("3 mistakes");
  });

  it("takes the checked type where a schema tells no other", () => {
    expectTypeOf(backend<typeof plain>).parameter(1).toEqualTypeOf<{ readonly pool: string }>();
  });
});

describe("isOpenedBy() and extrasOf()", () => {
  it("reach what one driver has beyond the contract, after setup", async () => {
    await using backends = await openBackends({ backends: { ssd: backend(array, { pool: "ssd" }) } });
    const driver = backends.get("ssd");
    expect(() => extrasOf(driver)).toThrow(expect.objectContaining({ code: "FAILED_PRECONDITION", reason: "not-set-up" }));
    await driver.setup();
    const extras = extrasOf(driver);
    expectTypeOf(extras.model).toEqualTypeOf<string>();
    expect([extras.model, extras.blink(1)]).toEqual(["array with thin ssd", 2]);
    // @ts-expect-error the contract's own methods go through the driver, where the guard stands
    expectTypeOf(extras.createVolume).toBeAny();
    await driver.unset();
    expect(() => extrasOf(driver)).toThrow(expect.objectContaining({ code: "FAILED_PRECONDITION" }));
  });

  it("ask at run time where a file decides", async () => {
    const backends = await openBackends({ backends: { a: { array_driver: { pool: "p" } }, b: { fake_driver: { pool: "p" } } } } satisfies object, {
      drivers: [array, plain],
    });
    const driver: VolumeDriver = backends.get("a");
    // @ts-expect-error nobody asked who opened it
    expect(() => extrasOf(driver)).toThrow("call setup()");
    expect(isOpenedBy(backends.get("b"), array)).toBe(false);
    await driver.setup();
    expect(isOpenedBy(driver, array) && extrasOf(driver).model).toBe("array with thin p");
  });

  it("know a definition of a second copy of the driver's package", async () => {
    const copy = defineDriver({ kind: "array", config: toStandardJsonSchema(options), connect: () => Promise.resolve({ ...contract, model: "copy" }) });
    const driver = (await openBackends({ backends: { a: backend(array, { pool: "p" }) } })).get("a");
    expect(isOpenedBy(driver, copy)).toBe(true);
    expect(isOpenedBy(driver, { ...copy, contract: "9.9" })).toBe(false);
  });

  it("does not show a driver's insides when it is printed", async () => {
    const backends = await openBackends({ backends: { a: backend(array, { pool: "p" }) } });
    expect(Object.keys(backends.get("a"))).not.toContain("~opened");
  });
});
