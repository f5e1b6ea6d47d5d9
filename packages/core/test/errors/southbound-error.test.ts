import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { errorFromJSON } from "../../src/errors/error-from-json.js";
import { errorToJSON, isSouthboundError, SouthboundError } from "../../src/errors/southbound-error.js";
import { settle } from "../../src/errors/settle.js";
import { isSecret, secret } from "../../src/model/secret.js";

const sample = (): SouthboundError =>
  new SouthboundError("FAILED_PRECONDITION", "volume-in-use", "host n2 has it", {
    operation: "deleteVolume",
    backend: "ssd",
    resource: "v1",
    outcome: "none",
    details: { host: "n2" },
    cause: new Error("EBUSY", { cause: new Error("inner") }),
  });

describe("SouthboundError", () => {
  it("survives its wire form, causes included", () => {
    const back = errorFromJSON(JSON.parse(JSON.stringify(sample())) as ReturnType<typeof errorToJSON>);
    expect(errorToJSON(back)).toEqual(errorToJSON(sample()));
    expect(back).toBeInstanceOf(SouthboundError);
    expect(errorToJSON(back).cause?.cause?.message).toBe("inner");
  });

  it("is told by its shape, as another copy of core would make it", () => {
    const wire = sample().toJSON();
    const foreign = Object.assign(new Error("x"), wire, { cause: undefined });
    expect(isSouthboundError(foreign)).toBe(true);
    expect(isSouthboundError(foreign, "deleteVolume")).toBe(true);
    expect(isSouthboundError(foreign, "createVolume")).toBe(false);
    expect(isSouthboundError(new Error("x"))).toBe(false);
    expect(isSouthboundError("x")).toBe(false);
  });

  it("settles into a value, and throws on what is a bug", async () => {
    await expect(settle("deleteVolume", Promise.reject(sample()))).resolves.toMatchObject({ ok: false, error: { reason: "volume-in-use" } });
    await expect(settle("deleteVolume", Promise.resolve(3))).resolves.toEqual({ ok: true, value: 3 });
    await expect(settle("deleteVolume", Promise.reject(new TypeError("bug")))).rejects.toThrow("bug");
  });

  it("ends an endless chain of causes", () => {
    const loop = new Error("loop");
    loop.cause = loop;
    expect(JSON.stringify(errorToJSON(loop)).length).toBeLessThan(2_000);
  });

  it("writes any other thing that was thrown, also one that cannot be made a text", () => {
    const cases: readonly (readonly [unknown, string])[] = [
      ["text", "text"],
      [undefined, "undefined"],
      [Symbol("s"), "Symbol(s)"],
      [Object.assign(Object.create(null), { message: "of a framework" }), "of a framework"],
      [Object.create(null), "[object Object]"],
    ];
    for (const [thrown, message] of cases) {
      expect(errorToJSON(thrown)).toEqual({ name: "Error", message });
      expect(new SouthboundError("INTERNAL", "unexpected-error", "outer", { cause: thrown }).toJSON().cause?.message).toBe(thrown === undefined ? undefined : message);
    }
  });
});

describe("secret", () => {
  it("prints nowhere", () => {
    const hidden = secret("hunter2");
    const shown = [JSON.stringify({ hidden }), `${hidden.toString()} ${[hidden].join()}`, String(hidden), inspect({ hidden }, { showHidden: true }), hidden.toString()];
    for (const text of shown) expect(text).not.toContain("hunter2");
    expect(hidden.reveal()).toBe("hunter2");
    expect(isSecret(hidden)).toBe(true);
    expect(() => structuredClone(hidden)).toThrow();
  });
});
