import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { CallContext } from "../../src/driver/call-context.js";
import { silentLogger } from "../../src/driver/logger.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";
import { createInFlight, type CallSubject } from "../../src/guard/in-flight.js";
import { runCall } from "../../src/guard/run-call.js";

const environment = { log: silentLogger };
const create = { operation: "createVolume", backend: "b" } as const;
const get = { operation: "getVolume", backend: "b" } as const;
const never = () => new Promise<never>(() => undefined);
const about = (subject: string, request = "", scope = "*"): CallSubject => ({ subject, scope, request });

describe("runCall", () => {
  it("ends a call that never answers by its deadline, and says what may have happened", async () => {
    const started = performance.now();
    await expect(runCall(create, environment, { timeoutMs: 30 }, never)).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      outcome: "unknown",
      operation: "createVolume",
      backend: "b",
    });
    expect(performance.now() - started).toBeLessThan(500);
    await expect(runCall(get, environment, { timeoutMs: 20 }, never)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", outcome: "none" });
  });

  it("ends a call that its caller aborts, and aborts the work", async () => {
    const controller = new AbortController();
    let seen: AbortSignal | undefined;
    const call = runCall(create, environment, { signal: controller.signal }, (ctx) => {
      seen = ctx.signal;
      return never();
    });
    await sleep(5);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "CANCELLED", outcome: "unknown" });
    expect(seen?.aborted).toBe(true);
  });

  it("does not start at all with an aborted signal", async () => {
    let ran = false;
    const call = runCall(create, environment, { signal: AbortSignal.abort() }, () => {
      ran = true;
      return Promise.resolve();
    });
    await expect(call).rejects.toMatchObject({ code: "CANCELLED", outcome: "none" });
    expect(ran).toBe(false);
  });

  it("does not start at all after its deadline, also within the millisecond that timers know", async () => {
    let ran = false;
    const call = runCall(create, environment, { timeoutMs: 1e-6 }, () => {
      ran = true;
      return Promise.resolve();
    });
    await expect(call).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", outcome: "none" });
    expect(ran).toBe(false);
  });

  it.each([0, -1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])("refuses timeoutMs %d", async (timeoutMs) => {
    await expect(runCall(get, environment, { timeoutMs }, never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", reason: "bad-call-options" });
  });

  it("turns what a driver may not throw into INTERNAL and keeps it as the cause", async () => {
    const plain = new TypeError("boom");
    await expect(runCall(get, environment, {}, () => Promise.reject(plain))).rejects.toMatchObject({
      code: "INTERNAL",
      reason: "unexpected-error",
      cause: plain,
    });
    const forbidden = new SouthboundError("ALREADY_EXISTS", "volume-exists", "no");
    await expect(runCall(get, environment, {}, () => Promise.reject(forbidden))).rejects.toMatchObject({
      code: "INTERNAL",
      reason: "driver-broke-contract",
      cause: forbidden,
    });
  });

  it("leaves no listener on a signal that many calls share", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    for (let index = 0; index < 100; index += 1) await runCall(get, environment, { signal }, () => Promise.resolve(index));
    expect(listeners).toBe(0);
  });
});

describe("the in-flight registry", () => {
  it("joins identical calls, each with its own deadline", async () => {
    const inFlight = createInFlight(environment);
    let runs = 0;
    const body = async (): Promise<number> => {
      runs += 1;
      await sleep(60);
      return runs;
    };
    const short = inFlight.run(create, about("name:a", "r"), { timeoutMs: 15 }, body);
    const long = inFlight.run(create, about("name:a", "r"), { timeoutMs: 5_000 }, body);
    await expect(short).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await expect(long).resolves.toBe(1);
    expect(inFlight.running()).toEqual([]);
  });

  it("refuses a different call on the same subject and names the one that runs", async () => {
    const inFlight = createInFlight(environment);
    const first = inFlight.run(create, about("volume:1"), {}, () => sleep(40, "done"));
    const second = inFlight.run({ operation: "deleteVolume" }, about("volume:1"), {}, () => Promise.resolve("no"));
    await expect(second).rejects.toMatchObject({
      code: "ABORTED",
      reason: "operation-pending",
      recovery: "wait-for-operation",
      outcome: "none",
      details: { pendingOperation: "createVolume" },
    });
    await expect(first).resolves.toBe("done");
  });

  it("lets different scopes of one subject run side by side", async () => {
    const inFlight = createInFlight(environment);
    const call = { operation: "connectVolume" } as const;
    const both = [about("volume:1", "x", "host-a"), about("volume:1", "y", "host-b")].map((subject) =>
      inFlight.run(call, subject, {}, () => sleep(20, subject.scope)),
    );
    await expect(Promise.all(both)).resolves.toEqual(["host-a", "host-b"]);
  });

  it("does not let a driver that never answers lock its subject for ever", async () => {
    const inFlight = createInFlight(environment);
    const gone = inFlight.run(create, about("name:a", "r"), { timeoutMs: 10 }, never);
    await expect(gone).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await expect(inFlight.run(create, about("name:a", "r"), { timeoutMs: 10_000 }, () => Promise.resolve("again"))).resolves.toBe("again");
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])("gives a replay %d turns later its own answer, not the end of the call that was given up", async (turns) => {
    const inFlight = createInFlight(environment);
    const obeying = (ctx: CallContext): Promise<string> =>
      new Promise((_resolve, reject) => {
        ctx.signal.addEventListener("abort", () => reject(new Error("stopped")));
      });
    await inFlight.run(create, about("name:a", "r"), { timeoutMs: 5 }, obeying).catch(() => undefined);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    const replay = inFlight.run(create, about("name:a", "r"), { timeoutMs: 5_000 }, () => Promise.resolve("again"));
    await expect(replay).resolves.toBe("again");
  });

  it("does not join a call that was given up: a replay runs after it", async () => {
    const inFlight = createInFlight(environment);
    const order: string[] = [];
    const first = inFlight.run(create, about("name:a", "r"), { timeoutMs: 10 }, async () => {
      await sleep(50);
      order.push("late answer");
    });
    await expect(first).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await inFlight.run(create, about("name:a", "r"), {}, () => {
      order.push("replay");
      return Promise.resolve();
    });
    expect(order).toEqual(["late answer", "replay"]);
  });
});
