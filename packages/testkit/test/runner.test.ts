import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Check } from "../src/check.js";
import { runConformance, type ConformanceOptions } from "../src/run/run-conformance.js";
import { memoryTarget } from "./support/targets.js";

const check = (id: string, run: Check["run"], more: Partial<Check> = {}): Check => ({
  id,
  family: "create",
  level: "basic",
  title: `${id} does what it should`,
  rules: ["SB-CREATE-1"],
  run,
  ...more,
});
const passes = check("PASS-1", () => Promise.resolve());
const fails = check("FAIL-1", async (ctx) => {
  await Promise.resolve();
  ctx.equal(1, 2, "the number");
});
const run = (checks: readonly Check[], options: ConformanceOptions = {}) => runConformance(memoryTarget(), { checks, ...options });

describe("the runner", () => {
  it("reports what passed, failed and was skipped, and why", async () => {
    const skips = check("SKIP-1", (ctx) => ctx.skip("there is no moon"));
    const throws = check("THROW-1", () => Promise.reject(new Error("broken check")));
    const report = await run([passes, fails, skips, throws], { seed: 7 });

    expect(report.counts).toEqual({ passed: 1, failed: 2, skipped: 1 });
    expect(report.ok).toBe(false);
    expect(report.seed).toBe(7);
    expect(report.results.map(({ status }) => status)).toEqual(["passed", "failed", "skipped", "failed"]);
    expect(report.results[1]?.error).toMatchObject({ expected: "2", actual: "1" });
    expect(report.results[2]?.reason).toBe("there is no moon");
    expect(report.results[3]?.error?.message).toContain("broken check");
    expect(report.results[3]?.error?.stack).toContain("runner.test");
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("tells the calls that led to a failure", async () => {
    const calls = check("CALLS-1", async (ctx) => {
      const volume = await ctx.create("seen");
      await ctx.driver.deleteVolume({ id: volume.id });
      await ctx.driver.getVolume({ id: volume.id });
    });
    const { results } = await run([calls]);
    expect(results[0]?.calls?.map(({ operation, failed }) => [operation, failed])).toEqual([
      ["setup", false],
      ["createVolume", false],
      ["deleteVolume", false],
      ["getVolume", true],
    ]);
    expect(results[0]?.calls?.[3]?.result).toContain("NOT_FOUND volume-not-found");
  });

  it("ends a check at its time limit, with the call that hangs, and goes on with the next", async () => {
    const hangs = check("HANG-1", () => new Promise(() => undefined));
    const report = await run([hangs, passes], { timeoutMs: 200 });
    expect(report.results.map(({ status }) => status)).toEqual(["failed", "passed"]);
    expect(report.results[0]?.error).toEqual({ timedOut: true, message: "the check did not end within 200 ms" });
  });

  it("lets a check put down what it holds, at its time limit, before its things are taken away", async () => {
    let holds = true;
    const slow = check("SLOW-1", async (ctx) => {
      ctx.defer("remove what is held", () => (holds ? Promise.reject(new Error("it is held")) : Promise.resolve()));
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      await sleep(100);
      holds = false;
    });
    const { results } = await run([slow], { timeoutMs: 200 });
    expect(results[0]?.error?.timedOut).toBe(true);
    expect(results[0]?.leftovers).toBeUndefined();
  });

  it("gives a driver up that never answers, instead of waiting for every check", async () => {
    const target = memoryTarget(() => ({ createVolume: () => new Promise(() => undefined) }));
    const hangs = [1, 2, 3, 4, 5].map((number) => check(`HANG-${number}`, async (ctx) => {
      await ctx.create("never");
    }));
    const report = await runConformance(target, { checks: hangs, timeoutMs: 150 });
    expect(report.counts).toEqual({ passed: 0, failed: 3, skipped: 2 });
    expect(report.results[0]?.calls?.at(-1)).toMatchObject({ operation: "createVolume", result: "still running" });
    expect(report.results[4]?.reason).toContain("3 checks in a row");
  });

  it("ends when opening or setup never answers", async () => {
    await expect(runConformance({ open: () => new Promise(() => undefined) }, { timeoutMs: 100 })).rejects.toThrow("100 ms");
  });

  it("cleans up in reverse order, also after a failure, and reports what it could not", async () => {
    const order: string[] = [];
    const dirty = check("DIRTY-1", async (ctx) => {
      ctx.defer("do the first", () => Promise.resolve(void order.push("first")));
      ctx.defer("do the second", () => Promise.reject(new Error("stuck")));
      ctx.defer("do the third", () => Promise.resolve(void order.push("third")));
      await ctx.create("left-behind");
      ctx.fail("something else", "this");
    });
    const report = await run([dirty]);
    expect(order).toEqual(["third", "first"]);
    expect(report.results[0]?.leftovers).toEqual(["could not do the second: stuck"]);
  });

  it("fails a check that passed and could not be cleaned up", async () => {
    const dirty = check("DIRTY-2", (ctx) => {
      ctx.defer("tidy up", () => Promise.reject(new Error("stuck")));
      return Promise.resolve();
    });
    expect((await run([dirty])).results[0]).toMatchObject({ status: "failed", leftovers: ["could not tidy up: stuck"] });
  });

  it("removes every volume that a check made, attached or not, and no other", async () => {
    const target = memoryTarget();
    const somebody = await target.open();
    await somebody.setup();
    await somebody.createVolume({ name: "somebody's own", capacity: { requiredBytes: 1 } });
    const makes = check("MAKES-1", async (ctx) => {
      await ctx.create("one");
      const name = ctx.name("two");
      const cancelled = ctx.driver.createVolume({ name, capacity: { requiredBytes: 1 } }, { timeoutMs: 1 });
      await cancelled.catch(() => undefined);
      await (await ctx.open()).createVolume({ name: ctx.name("three"), capacity: { requiredBytes: 1 } });
    });
    const report = await runConformance(target, { checks: [makes] });
    expect(report.counts.passed).toBe(1);
    const left = [];
    for await (const { name } of somebody.listVolumes()) left.push(name);
    expect(left).toEqual(["somebody's own"]);
    await somebody.unset();
  });

  it("wants a known failure to fail still", async () => {
    const expected = await run([fails, passes], { knownFailures: { "FAIL-1": "ticket 12" } });
    expect(expected.counts).toEqual({ passed: 1, failed: 0, skipped: 1 });
    expect(expected.ok).toBe(true);
    expect(expected.results[0]).toMatchObject({ status: "skipped", reason: "known failure: ticket 12" });

    const mended = await run([passes], { knownFailures: { "PASS-1": "ticket 12" } });
    expect(mended.results[0]?.error?.message).toContain("take it off the list");
    expect(mended.ok).toBe(false);
  });

  it("is no success when nothing ran", async () => {
    const skips = check("SKIP-1", (ctx) => ctx.skip("there is no moon"));
    expect(await run([skips])).toMatchObject({ ok: false, problem: "no check ran: every selected one was skipped" });
    const none = await run([passes], { select: { families: ["data"] } });
    expect(none).toMatchObject({ ok: false, problem: "no check was selected, so none ran" });
  });

  it("skips what the target or the machine cannot do, and says why", async () => {
    const { results } = await run([
      check("NEED-1", () => Promise.resolve(), { needs: ["connect"] }),
      check("NEED-2", () => Promise.resolve(), { needs: ["processes"] }),
    ]);
    expect(results[0]?.reason).toContain("hands out no connections");
    expect(results[1]?.reason).toContain("live object");
  });

  it("cleans up and stops when it is interrupted", async () => {
    const target = memoryTarget();
    const interruption = new AbortController();
    const waits = check("WAIT-1", async (ctx) => {
      await ctx.create("left-behind");
      interruption.abort();
      await sleep(60_000, undefined, { signal: ctx.signal });
    });
    const report = await runConformance(target, { checks: [waits, passes], signal: interruption.signal });
    expect(report.results.map(({ status, reason }) => [status, reason])).toEqual([
      ["skipped", "the run was interrupted"],
      ["skipped", "the run was interrupted"],
    ]);
    expect(report.ok).toBe(false);
    const driver = await target.open();
    await driver.setup();
    for await (const volume of driver.listVolumes()) expect(volume).toBeUndefined();
    await driver.unset();
  });

  it("repeats its random choices with the seed, whatever else runs", async () => {
    const drawn: number[] = [];
    const draws = check("DRAW-1", (ctx) => Promise.resolve(void drawn.push(ctx.random.integer(1_000_000))));
    await run([draws], { seed: 3 });
    await run([passes, draws], { seed: 3 });
    await run([draws], { seed: 4 });
    expect(drawn[0]).toBe(drawn[1]);
    expect(drawn[0]).not.toBe(drawn[2]);
  });

  it("says what is wrong with a selection", async () => {
    await expect(run([passes], { select: { ids: ["NOPE-1"] } })).rejects.toThrow("there is no check NOPE-1; there are PASS-1");
    await expect(run([passes], { select: { families: ["nope"] } })).rejects.toThrow("there is no family nope");
    await expect(run([passes], { select: { level: "nope" } })).rejects.toThrow("there is no level nope");
    await expect(run([passes], { knownFailures: { "NOPE-1": "why" } })).rejects.toThrow("there is no check NOPE-1");
  });
});
