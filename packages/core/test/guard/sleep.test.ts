import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { retrying } from "../../src/driver/retrying.js";
import { silentLogger } from "../../src/driver/logger.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";
import { createInFlight } from "../../src/guard/in-flight.js";
import { sleep } from "../../src/guard/sleep.js";

const create = { operation: "createVolume", backend: "b" } as const;
const subject = { subject: "name:a", scope: "*", request: "r" };

describe("under fake timers", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("a wait ends when the clock says so, or when its signal fires", async () => {
    const waited = sleep(60_000).then(() => "waited");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await waited).toBe("waited");

    const controller = new AbortController();
    const reason = new Error("enough");
    const ended = sleep(60_000, controller.signal);
    controller.abort(reason);
    await expect(ended).rejects.toBe(reason);
    await expect(sleep(60_000, controller.signal)).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("a replay after a driver that never answers does not wait on the wall clock", async () => {
    const inFlight = createInFlight({ log: silentLogger });
    const never = inFlight.run(create, subject, {}, () => new Promise<never>(() => undefined)).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await never).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    const replay = inFlight.run(create, subject, {}, () => Promise.resolve("again"));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await replay).toBe("again");
  });

  it("retrying() pauses on the fake clock", async () => {
    let calls = 0;
    const done = retrying(
      () => {
        calls += 1;
        if (calls > 1) return Promise.resolve(calls);
        return Promise.reject(new SouthboundError("UNAVAILABLE", "busy", "later", { details: { retryAfterMs: 90_000 } }));
      },
      { timeoutMs: 120_000 },
    );
    await vi.advanceTimersByTimeAsync(90_000);
    expect(await done).toBe(2);
  });
});
