import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBackends } from "../../src/backends/open-backends.js";
import { defineDriver } from "../../src/driver/define-driver.js";
import type { StandardSchema } from "../../src/driver/standard-schema.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";

const anyPool: StandardSchema<{ pool: string }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "object" && value !== null && "pool" in value && typeof value.pool === "string"
        ? { value: { pool: value.pool } }
        : { issues: [{ message: "give a pool", path: ["pool"] }] },
  },
};
const fake = defineDriver({
  kind: "fake",
  config: anyPool,
  connect: () => Promise.reject(new SouthboundError("UNAVAILABLE", "cluster-unreachable", "nobody answers")),
});

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backends-"));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (text: string): Promise<string> => {
  const path = join(folder, "backends.yaml");
  await writeFile(path, text);
  return path;
};

describe("openBackends", () => {
  it("keeps several backends of one kind side by side, and does no storage I/O", async () => {
    const path = await file("backends:\n  ssd: { fake_driver: { pool: a } }\n  archive: { fake_driver: { pool: b } }\n");
    const backends = await openBackends(path, { drivers: [fake] });
    expect(backends.names).toEqual(["ssd", "archive"]);
    expect(backends.get("ssd").kind).toBe("fake");
    await expect(backends.get("archive").setup()).rejects.toMatchObject({ code: "UNAVAILABLE", backend: "archive", operation: "setup" });
  });

  it("refuses operations before setup", async () => {
    const backends = await openBackends({ backends: { a: { fake_driver: { pool: "p" } } } }, { drivers: [fake] });
    const driver = backends.get("a");
    const refused = { code: "FAILED_PRECONDITION", reason: "not-set-up" };
    await expect(driver.createVolume({ name: "x", capacity: { requiredBytes: 1 } })).rejects.toMatchObject(refused);
    await expect(driver.listVolumes()[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
    expect(() => driver.manifest).toThrow("call setup()");
  });

  it("names an unknown backend and the nearest known one", async () => {
    const backends = await openBackends({ backends: { archive: { fake_driver: { pool: "p" } } } }, { drivers: [fake] });
    expect(() => backends.get("archiv")).toThrow('did you mean "archive"');
  });

  it("reports every mistake at once, each with its line", async () => {
    const path = await file(
      ["backend:", "  x: 1", "timeoutMs: soon", "backends:", "  one: { fake_driver: { pol: a } }", "  two: { fak_driver: {} }", "  three: 7", ""].join("\n"),
    );
    const error: unknown = await openBackends(path, { drivers: [fake] }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "bad-backends-file" });
    const message = error instanceof Error ? error.message : "";
    expect(message).toContain("5 mistakes");
    expect(message).toContain(`${path}:1: backend: unknown key; did you mean "backends"?`);
    expect(message).toContain(`${path}:3: timeoutMs`);
    expect(message).toContain(`${path}:5: backends.one.fake_driver.pool: give a pool`);
    expect(message).toContain('backends.two.fak_driver: there is no driver of kind fak: not registered (did you mean "fake"?');
    expect(message).toContain(`${path}:7: backends.three: here stands a number`);
  });

  it("says which line of a file is no YAML", async () => {
    const path = await file("backends:\n  a: [1\n");
    await expect(openBackends(path)).rejects.toMatchObject({ reason: "bad-backends-file" });
    await expect(openBackends(join(folder, "missing.yaml"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("refuses a driver of another contract and says what to do", async () => {
    const old = { ...fake, contract: "9.9" };
    const open = openBackends({ backends: { a: { fake_driver: { pool: "p" } } } }, { drivers: [old] });
    await expect(open).rejects.toThrow("was written for contract 9.9");
  });
});
