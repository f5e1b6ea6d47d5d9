import { describe, expect, it } from "vitest";
import { defineDriver } from "../../src/driver/define-driver.js";
import type { StandardIssue } from "../../src/driver/standard-schema.js";
import { openBackends } from "../../src/backends/open-backends.js";
import { array, bareArray, plain, refusal, testFolder } from "./support.js";

const folder = testFolder();

describe("mistakes in a backends file", () => {
  it("are reported all at once, each with its line and the nearest right name", async () => {
    const path = await folder.write(`backend:
  x: 1
timeoutMs: soon
host: { ids: dock-1 }
backends:
  one:
    fake_driver: { pol: a }
  two:
    arrray_driver: {}
  three: 7
  four:
    array_drive: {}
  five:
    array_driver:
      pool: p
      mode: thik
      password: { env: HOME }
      portals:
        - address: a
        - adress: b
        - {}
`);
    const message = await refusal(path, { drivers: [plain, array] });
    expect(message).toContain("11 mistakes");
    const lines = [
      `${path}:1: backend: unknown key; did you mean "backends"?`,
      `${path}:3: timeoutMs: give a whole number of milliseconds`,
      `${path}:4: host.ids: unknown key; did you mean "id"?`,
      `${path}:7: backends.one.fake_driver.pool: give a pool (is it what you wrote as "pol"?)`,
      `${path}:9: backends.two.arrray_driver: there is no driver of kind arrray: not registered, and not installed as @opensds/driver-arrray or opensds-driver-arrray`,
      `${path}:10: backends.three: here stands a number; write the driver's element`,
      `${path}:12: backends.four.array_drive: unknown key; did you mean "array_driver"?`,
      `${path}:11: backends.four: there is no driver element`,
      `${path}:16: backends.five.array_driver.mode: not a known value; did you mean "thick"? Known: thick, thin`,
      `${path}:20: backends.five.array_driver.portals.1.adress: unknown option; did you mean "address"? Known: address, chap`,
      `${path}:21: backends.five.array_driver.portals.2.address: this option is missing`,
    ];
    for (const line of lines) expect(message).toContain(line);
    expect(message).toContain('did you mean "array"?');
  });

  it("have lines in JSON, behind anchors, and in merged mappings", async () => {
    const json = await folder.write('{\n\t"$schema": "./backends.schema.json",\n\t"backends": {\n\t\t"a": {\n\t\t\t"fake_driver": {\n\t\t\t\t"pol": 1\n}}}}', "b.json");
    expect(await refusal(json, { drivers: [plain] })).toContain(`${json}:5: backends.a.fake_driver.pool`);
    const path = await folder.write(`backends:
  a:
    array_driver: &shared
      pool: p
      mode: thikk
      password: { env: HOME }
  b:
    array_driver: *shared
  c:
    array_driver:
      <<: *shared
      pool: 3
`);
    const message = await refusal(path, { drivers: [array] });
    expect(message).toContain(`${path}:5: backends.a.array_driver.mode`);
    expect(message).toContain(`${path}:5: backends.b.array_driver.mode`);
    expect(message).toContain(`${path}:12: backends.c.array_driver.pool`);
    expect(message).toContain(`${path}:10: backends.c.array_driver.mode`);
  });

  it("are few where one cause has several effects", async () => {
    const options = { backends: { a: { array_driver: { pool: "p", pasword: { env: "HOME" }, password: { env: "OPENSDS_NOT_SET" } } } } };
    for (const driver of [array, bareArray]) {
      const message = await refusal(options, { drivers: [driver] });
      expect(message).toContain("2 mistakes");
      expect(message).toContain("OPENSDS_NOT_SET is not set");
    }
  });

  it("of a validator that reports unknown keys at their mapping come once", async () => {
    const issues: StandardIssue[] = [{ message: 'Unrecognized key: "pol"', path: [] }, { message: "Required", path: ["pool"] }];
    const strict = defineDriver({
      kind: "strict",
      config: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: () => ({ issues }),
          jsonSchema: {
            input: () => ({ $ref: "#/definitions/o", definitions: { o: { type: "object", properties: { pool: {} }, additionalProperties: false } } }),
            output: () => ({}),
          },
        },
      },
      connect: () => Promise.reject(new Error("not reached")),
    });
    const message = await refusal({ backends: { a: { strict_driver: { pol: 1 } } } }, { drivers: [strict] });
    expect(message).toContain("2 mistakes");
    expect(message).toContain('strict_driver.pol: unknown option; did you mean "pool"?');
  });

  it("include a driver's schema that throws", async () => {
    const broken = defineDriver({
      kind: "broken",
      config: { "~standard": { version: 1, vendor: "test", validate: (value) => { throw new Error(`bug with ${JSON.stringify(value)}`); } } },
      connect: () => Promise.reject(new Error("not reached")),
    });
    const message = await refusal({ backends: { a: { broken_driver: { key: "hunter2" } } } }, { drivers: [broken] });
    expect(message).toContain("the driver broken failed while it checked its options: bug with");
    expect(message).not.toContain("hunter2");
  });

  it("include everything that YAML itself refuses, with lines", async () => {
    const path = await folder.write("backends:\n  a: { fake_driver: { pool: 1, pool: 2 } }\n  b: !secret x\n");
    const message = await refusal(path, { drivers: [plain] });
    expect(message).toContain(`${path}:2: Map keys must be unique`);
    expect(message).toContain(`${path}:3: a backends file has no tags`);
    expect(await refusal(await folder.write("a: 1\n---\nb: 2\n"))).toContain(":2: Source contains multiple documents");
    expect(await refusal(await folder.write(""))).toContain("here stands nothing");
    await expect(openBackends(`${folder.path()}/none.yaml`)).rejects.toMatchObject({ code: "NOT_FOUND", reason: "backends-file-unreadable" });
  });
});
