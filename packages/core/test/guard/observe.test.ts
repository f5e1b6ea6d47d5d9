import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { silentLogger, type Logger } from "../../src/driver/logger.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";
import { logObserver } from "../../src/guard/log-observer.js";
import { channelObserver } from "../../src/guard/observe.js";
import { runCall } from "../../src/guard/run-call.js";

const create = { operation: "createVolume", backend: "b", resource: "orders" } as const;

describe("observers", () => {
  it("tell a call's beginning, slowness and end on the diagnostics channels", async () => {
    const told: [string, unknown][] = [];
    const listeners = ["start", "slow", "end"].map((name) => {
      const listener = (message: unknown): void => void told.push([name, message]);
      subscribe(`opensds:call:${name}`, listener);
      return () => unsubscribe(`opensds:call:${name}`, listener);
    });
    const environment = { log: silentLogger, observers: [channelObserver], slowCallMs: 10 };
    const failure = new SouthboundError("UNAVAILABLE", "backend-unreachable", "gone");
    await runCall(create, environment, {}, () => sleep(40).then(() => Promise.reject(failure))).catch(() => undefined);
    for (const stop of listeners) stop();
    expect(told.map(([name]) => name)).toEqual(["start", "slow", "end"]);
    expect(told[0]?.[1]).toMatchObject({ operation: "createVolume", backend: "b", resource: "orders" });
    expect(told[2]?.[1]).toMatchObject({ error: { reason: "backend-unreachable" }, late: false });
  });

  it("record an answer that came after its callers had gone", async () => {
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    const log: Logger = { debug: note, info: note, warn: note, error: note };
    const call = runCall(create, { log, observers: [logObserver(log)] }, { timeoutMs: 10 }, () => sleep(40, "late"));
    await expect(call).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await sleep(60);
    expect(lines.join("\n")).toMatch(/createVolume on b \("orders"\) took \d+ ms and ended after its callers had given up: it may have changed/);
  });
});
