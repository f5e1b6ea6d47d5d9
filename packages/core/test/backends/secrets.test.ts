import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openBackends } from "../../src/backends/open-backends.js";
import { defineDriver } from "../../src/driver/define-driver.js";
import { isSecret, secret } from "../../src/model/secret.js";
import { array, bareArray, connectedWith, refusal, testFolder } from "./support.js";

const folder = testFolder();
afterEach(() => {
  vi.unstubAllEnvs();
});

const element = (password: string): string => `backends:\n  a:\n    array_driver:\n      pool: p\n      password: ${password}\n`;

describe("secrets in the backends file", () => {
  it("reads one from the environment, and hands the driver a Secret that does not print", async () => {
    vi.stubEnv("ARRAY_PASSWORD", "hunter2");
    const backends = await openBackends(await folder.write(element("{ env: ARRAY_PASSWORD }")), { drivers: [array] });
    await expect(backends.get("a").setup()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const config = connectedWith.at(-1);
    expect(config?.password.reveal()).toBe("hunter2");
    expect(JSON.stringify(config) + inspect(config, { depth: 9 })).not.toContain("hunter2");
  });

  it("reads one from a file beside the backends file, without the line end, wherever the process stands", async () => {
    await folder.write("hun ter2 \r\n\n", "password");
    const backends = await openBackends(await folder.write(element("{ file: ./password }")), { drivers: [array] });
    await backends.get("a").setup().catch(() => undefined);
    expect(connectedWith.at(-1)?.password.reveal()).toBe("hun ter2 ");
  });

  it("finds them in lists and mappings, and leaves a Secret of the object form alone", async () => {
    vi.stubEnv("CHAP", "letmein");
    const given = secret("given");
    const backends = await openBackends(
      { backends: { a: { array_driver: { pool: "p", password: given, portals: [{ address: "x", chap: { env: "CHAP" } }] } } } },
      { drivers: [array] },
    );
    await backends.get("a").setup().catch(() => undefined);
    const config = connectedWith.at(-1);
    expect(config?.password).toBe(given);
    expect(isSecret(config?.portals?.[0]?.chap) && config.portals[0].chap.reveal()).toBe("letmein");
  });

  it.each([
    ["{ env: ARRAY_PASWORD }", "the environment variable ARRAY_PASWORD is not set; did you mean ARRAY_PASSWORD?"],
    ["{ env: ARRAY_EMPTY }", "the environment variable ARRAY_EMPTY is empty"],
    ["{ env: hunter2 }", "the environment variable that env names is not set"],
    ["{ env: 'hunter2!' }", "env is the name of an environment variable"],
    ["{ env: [] }", "env is the name of an environment variable"],
    ["{ file: hunter2 }", "the file that is named here"],
    ["{ file: ./missing }", "/missing does not exist"],
    ["{ file: ./ }", "cannot be read (EISDIR)"],
    ["{ file: ./blank }", "/blank is empty; put the secret into it"],
    ["{ file: 3 }", "file is the path of a file"],
    ["{ env: A, file: B }", "`env` or `file`, not both"],
    ["hunter2", "do not write the secret itself here; give { env: NAME } or { file: PATH }"],
    ["{ password: hunter2 }", "give { env: NAME } or { file: PATH }"],
  ])("refuses %s with its line, in words that repeat no value", async (written, expected) => {
    vi.stubEnv("ARRAY_PASSWORD", "hunter2");
    vi.stubEnv("ARRAY_EMPTY", "");
    await folder.write("\n", "blank");
    const path = await folder.write(element(written));
    const message = await refusal(path, { drivers: [array] });
    expect(message).toContain(`a mistake in the backends file\n  ${path}:5: backends.a.array_driver.password`);
    expect(message).toContain(expected);
    expect(message).not.toContain("hunter2");
  });

  it("says that a file may not be read", async ({ skip }) => {
    if (process.getuid?.() === 0) skip("root reads every file");
    const secretFile = await folder.write("x", "locked");
    await chmod(secretFile, 0o000);
    expect(await refusal(await folder.write(element("{ file: ./locked }")), { drivers: [array] })).toContain("cannot be read (EACCES)");
  });

  it("says that an option takes no secret", async () => {
    vi.stubEnv("POOL", "hunter2");
    const path = await folder.write("backends:\n  a:\n    array_driver:\n      password: { env: POOL }\n      pool: { env: POOL }\n");
    expect(await refusal(path, { drivers: [array] })).toContain(`${path}:5: backends.a.array_driver.pool: this option takes no secret`);
  });

  it("repeats no value of a validator that does", async () => {
    const options = { pool: "p", password: "hunter2", mode: "s3cret", portals: [{ address: 31337, chap: "quite \"secret\"" }] };
    const message = await refusal({ backends: { a: { array_driver: options } } }, { drivers: [bareArray] });
    expect(message).toContain("4 mistakes");
    expect(message).toContain("backends.a.array_driver.portals.0.chap: ");
    for (const value of ["hunter2", "s3cret", "31337", "quite"]) expect(message).not.toContain(value);
  });

  it("repeats no secret that it read for a validator which gives it away", async () => {
    vi.stubEnv("ARRAY_PASSWORD", "hunter2");
    const careless = defineDriver({
      kind: "careless",
      config: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value) => {
            const key = typeof value === "object" && value !== null && "key" in value ? value.key : undefined;
            return { issues: [{ message: `${isSecret(key) ? key.reveal() : "nothing"} is too short`, path: ["key"] }] };
          },
        },
      },
      connect: () => Promise.reject(new Error("not reached")),
    });
    const message = await refusal({ backends: { a: { careless_driver: { key: { env: "ARRAY_PASSWORD" } } } } }, { drivers: [careless] });
    expect(message).toContain("careless_driver.key: [hidden] is too short");
    expect(message).not.toContain("hunter2");
  });

  it("repeats nothing of a file that is no YAML", async () => {
    const broken = ["a: *hunter2", "a: | hunter2", "a: 1\n} hunter2", "a: !hunter2 x", "%hunter2 a\n---\na: 1", 'a: "\\xhunter2"', "a: b: hunter2"];
    for (const text of broken) {
      const path = await folder.write(`${text}\n`, join("broken.yaml"));
      const message = await refusal(path);
      expect(message).not.toContain("unter2");
    }
  });
});
