import { setTimeout as sleep } from "node:timers/promises";
import { SouthboundError, type DriverDefinition, type VolumeDriver } from "@opensds/core";
import { memoryReference } from "@opensds/testkit/reference";
import { describe, expect, it } from "vitest";
import { withFaults } from "../../src/faults/index.js";
import { expectInTime, namesOf, timed, watchLag, watchLateEnds, type Ended } from "./deadlines.js";
import { createAll, deadline, expectReplaysConverge, lateMs, mostMs, names, requests, timeoutMs, times } from "./hundred-creates.js";
import { block, misbehavingCreates, OddPromise, type Misbehaviour } from "./misbehaving.js";
import { openInMemory, watchUnhandled } from "./support.js";

async function expectAllTimeOut(definition: DriverDefinition): Promise<VolumeDriver> {
  const driver = await openInMemory(definition);
  const lag = watchLag();
  const ended = await createAll(driver);
  expectInTime(ended, lag, mostMs);
  for (const one of ended) expect(one).toMatchObject(deadline);
  return driver;
}

describe(`${times} of ${times} creates end by their deadline of ${timeoutMs} ms when the driver`, () => {
  it("never answers", async () => {
    const unhandled = watchUnhandled();
    const late = watchLateEnds("createVolume");
    const driver = await expectAllTimeOut(withFaults(memoryReference(), { createVolume: [{ when: "hang", times }] }));
    await sleep(10);
    expect(late).toHaveLength(times);
    expect(await namesOf(driver)).toEqual([]);
    await expectReplaysConverge(driver);
    expect(unhandled).toEqual([]);
  });

  it("never answers and ignores the signal", async () => {
    const unhandled = watchUnhandled();
    const late = watchLateEnds("createVolume");
    const driver = await expectAllTimeOut(withFaults(memoryReference(), { createVolume: [{ when: "hang-deaf", times }] }));
    await expectReplaysConverge(driver);
    expect(late).toEqual([]);
    expect(unhandled).toEqual([]);
  });

  it("answers after the deadline", async () => {
    const unhandled = watchUnhandled();
    const late = watchLateEnds("createVolume");
    const driver = await expectAllTimeOut(withFaults(memoryReference(), { createVolume: [{ when: "late", afterMs: lateMs, times }] }));
    expect(late).toEqual([]);
    await expectReplaysConverge(driver);
    expect(late.map(({ resource }) => resource).sort()).toEqual(names);
    for (const end of late) expect(end).toMatchObject({ backend: "ssd", error: undefined, late: true });
    for (const { durationMs } of late) expect(durationMs).toBeGreaterThan(timeoutMs);
    expect(unhandled).toEqual([]);
  });

  it("does the work after the deadline", async () => {
    const unhandled = watchUnhandled();
    const late = watchLateEnds("createVolume");
    const driver = await expectAllTimeOut(withFaults(memoryReference(), { createVolume: [{ when: "late-applied", afterMs: lateMs, times }] }));
    expect(await namesOf(driver)).toEqual([]);
    await expectReplaysConverge(driver);
    expect(late).toHaveLength(times);
    expect(unhandled).toEqual([]);
  });

  it("does the work so late that the replay has long come first", async () => {
    const unhandled = watchUnhandled();
    const late = watchLateEnds("createVolume");
    // The guard holds a name for two seconds after its callers gave up; these writes land after that.
    const driver = await expectAllTimeOut(withFaults(memoryReference(), { createVolume: [{ when: "late-applied", afterMs: 2_600, times }] }));
    const replayed = await Promise.all(requests.map((one) => driver.createVolume(one, { timeoutMs: 20_000 })));
    expect(late).toEqual([]);
    await expect.poll(() => late.length, { timeout: 5_000 }).toBe(times);
    expect(await Promise.all(requests.map(({ name }) => driver.getVolume({ name })))).toEqual(replayed);
    expect(await namesOf(driver)).toEqual(names);
    expect(unhandled).toEqual([]);
  });

  const fail = (message: string): Error => new SouthboundError("UNAVAILABLE", "cluster-unreachable", message);

  it.each<readonly [string, Misbehaviour]>([
    ["fails after the deadline", () => sleep(lateMs).then(() => Promise.reject(fail("late")))],
    [
      "fails after the deadline, twice",
      () =>
        OddPromise.settlingBy((_resolve, reject) => {
          setTimeout(() => reject(fail("first")), lateMs);
          setTimeout(() => reject(fail("second")), lateMs + 5);
        }),
    ],
    [
      "answers the signal with an error, and then with another",
      (_work, { signal }) =>
        OddPromise.settlingBy((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            reject(signal.reason);
            reject(fail("second"));
          });
        }),
    ],
  ])("%s", async (_what, behave) => {
    const unhandled = watchUnhandled();
    const late = watchLateEnds("createVolume");
    const driver = await expectAllTimeOut(misbehavingCreates(times, behave));
    await expectReplaysConverge(driver);
    expect(late).toHaveLength(times);
    for (const { error } of late) expect(error).toBeDefined();
    expect(unhandled).toEqual([]);
  });
});

describe(`${times} of ${times} creates end as soon as the event loop is free when the driver`, () => {
  const blockMs = 12;
  const shortMs = 6;

  async function blocked(then: Misbehaviour): Promise<{ readonly driver: VolumeDriver; readonly ended: readonly Ended[] }> {
    const driver = await openInMemory(
      misbehavingCreates(times, (work, ctx) => {
        block(blockMs);
        return then(work, ctx);
      }),
    );
    const lag = watchLag();
    const ended: Ended[] = [];
    for (const one of requests) ended.push(await timed(shortMs, (options) => driver.createVolume(one, options)));
    expectInTime(ended, lag, blockMs + 500);
    return { driver, ended };
  }

  it("blocks beyond the deadline and never answers", async () => {
    const unhandled = watchUnhandled();
    const { driver, ended } = await blocked(() => new Promise(() => undefined));
    for (const one of ended) expect(one).toMatchObject(deadline);
    expect(await namesOf(driver)).toEqual([]);
    expect(unhandled).toEqual([]);
  });

  it("blocks beyond the deadline and then answers: the answer came before anything could tell the deadline", async () => {
    const unhandled = watchUnhandled();
    const { driver, ended } = await blocked((work) => work());
    for (const one of ended) if (one.how === "failed") expect(one).toMatchObject(deadline);
    await expectReplaysConverge(driver);
    expect(unhandled).toEqual([]);
  });
});
