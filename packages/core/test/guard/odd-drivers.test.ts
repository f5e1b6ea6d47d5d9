import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "../../src/driver/logger.js";
import { errorToJSON } from "../../src/errors/southbound-error.js";
import { runCall } from "../../src/guard/run-call.js";

const environment = { log: silentLogger };
const create = { operation: "createVolume", backend: "b" } as const;

describe("what a driver throws", () => {
  const unreadable = {
    get message(): string {
      throw new Error("nor this");
    },
  };
  Reflect.setPrototypeOf(unreadable, Error.prototype);
  const noText: unknown = Object.create(null);

  it.each([[undefined], [null], ["boom"], [Symbol("boom")], [noText], [unreadable]])("ends a call as a SouthboundError, whatever it is (%#)", async (thrown) => {
    const call = runCall(create, environment, {}, () => {
      throw thrown;
    });
    const error: unknown = await call.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: "SouthboundError", code: "INTERNAL", reason: "unexpected-error", outcome: "unknown", ...create });
    expect(errorToJSON(error)).toMatchObject({ code: "INTERNAL" });
  });
});

describe("a signal that many calls share", () => {
  it("makes Node warn of no leak", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => runCall(create, environment, { signal }, () => sleep(5))));
    await sleep(1);
    expect(warnings).toEqual([]);
  });
});
