import { SouthboundError } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { expectInTime, watchLag } from "./deadlines.js";
import { createAll, expectReplaysConverge, mostMs, times } from "./hundred-creates.js";
import { misbehavingCreates, OddPromise, type Misbehaviour } from "./misbehaving.js";
import { openInMemory, watchUnhandled } from "./support.js";

describe(`${times} of ${times} creates end at once, and as they should, when the driver`, () => {
  const boom = new SouthboundError("UNAVAILABLE", "cluster-unreachable", "boom", { outcome: "none" });
  const unavailable = { how: "failed", error: { code: "UNAVAILABLE", outcome: "none", operation: "createVolume", backend: "ssd" } };
  const unexpected = { how: "failed", error: { name: "SouthboundError", code: "INTERNAL", reason: "unexpected-error", outcome: "unknown" } };
  const made = { how: "returned", value: { state: "available" } };
  const throwing = (thrown: unknown): Misbehaviour => {
    return () => {
      throw thrown;
    };
  };
  const unreadable = {
    get message(): string {
      throw new Error("nor this");
    },
  };
  Reflect.setPrototypeOf(unreadable, Error.prototype);

  it.each<readonly [string, Misbehaviour, object]>([
    [
      "rejects twice",
      () =>
        OddPromise.settlingBy((_resolve, reject) => {
          reject(boom);
          reject(new Error("second"));
        }),
      unavailable,
    ],
    [
      "fulfils and then rejects",
      async (work) => {
        const volume = await work();
        return OddPromise.settlingBy((resolve, reject) => {
          resolve(volume);
          reject(boom);
        });
      },
      made,
    ],
    [
      "fulfils and then throws",
      async (work) => {
        const volume = await work();
        return OddPromise.settlingBy((resolve) => {
          resolve(volume);
          throw boom;
        });
      },
      made,
    ],
    [
      "rejects and then throws",
      () =>
        OddPromise.settlingBy((_resolve, reject) => {
          reject(boom);
          throw new Error("second");
        }),
      unavailable,
    ],
    ["throws before it promises anything", throwing(boom), unavailable],
    ["throws undefined", throwing(undefined), unexpected],
    ["throws null", throwing(null), unexpected],
    ["throws a text", throwing("boom"), unexpected],
    ["throws a symbol", throwing(Symbol("boom")), unexpected],
    ["throws what cannot be read", throwing(unreadable), unexpected],
    [
      "answers with nothing",
      () => OddPromise.settlingBy((resolve) => void Reflect.apply(resolve, undefined, [])),
      { how: "failed", error: { code: "INTERNAL", reason: "driver-broke-contract", outcome: "unknown" } },
    ],
  ])("%s", async (_what, behave, expected) => {
    const unhandled = watchUnhandled();
    const driver = await openInMemory(misbehavingCreates(times, behave));
    const lag = watchLag();
    const ended = await createAll(driver);
    expectInTime(ended, lag, mostMs);
    for (const one of ended) expect(one).toMatchObject(expected);
    await expectReplaysConverge(driver);
    expect(unhandled).toEqual([]);
  });
});
