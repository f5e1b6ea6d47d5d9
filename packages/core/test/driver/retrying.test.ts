import { describe, expect, it } from "vitest";
import { retrying } from "../../src/driver/retrying.js";
import { SouthboundError, type ErrorInfo } from "../../src/errors/southbound-error.js";
import type { ErrorCode } from "../../src/errors/codes.js";

const failing = (times: number, code: ErrorCode, info: ErrorInfo = {}) => {
  let calls = 0;
  return {
    count: () => calls,
    call: () => {
      calls += 1;
      return calls <= times ? Promise.reject(new SouthboundError(code, "because", "no", info)) : Promise.resolve(calls);
    },
  };
};
const quick = { timeoutMs: 2_000, firstPauseMs: 1, maxPauseMs: 4 };

describe("retrying", () => {
  it.each(["UNAVAILABLE", "ABORTED", "DEADLINE_EXCEEDED"] as const)("calls again after %s, also with an unknown outcome", async (code) => {
    const work = failing(3, code, { outcome: "unknown" });
    await expect(retrying(work.call, quick)).resolves.toBe(4);
  });

  it.each(["INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED", "CANCELLED"] as const)("gives up at once after %s", async (code) => {
    const work = failing(1, code);
    await expect(retrying(work.call, quick)).rejects.toMatchObject({ code });
    expect(work.count()).toBe(1);
  });

  it("obeys what the error itself says about recovery", async () => {
    const work = failing(1, "UNAVAILABLE", { recovery: "operator" });
    await expect(retrying(work.call, quick)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("waits as long as the backend asks", async () => {
    const begin = performance.now();
    await retrying(failing(1, "UNAVAILABLE", { details: { retryAfterMs: 60 } }).call, quick);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(58);
  });

  it("does not begin a pause that outlasts its time: the last error comes back", async () => {
    const work = failing(99, "UNAVAILABLE", { details: { retryAfterMs: 60_000 } });
    const begin = performance.now();
    await expect(retrying(work.call, { ...quick, timeoutMs: 10_000 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(work.count()).toBe(1);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  it("ends between two attempts when its caller cancels", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const work = failing(99, "UNAVAILABLE", { outcome: "unknown" });
    await expect(retrying(work.call, { timeoutMs: 5_000, firstPauseMs: 1_000, signal: controller.signal })).rejects.toMatchObject({
      code: "CANCELLED",
      outcome: "unknown",
    });
  });
});
