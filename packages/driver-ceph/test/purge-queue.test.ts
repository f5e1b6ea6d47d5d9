import { silentLogger } from "@opensds/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CommandFailure, errno } from "../src/transport/command-failure.js";
import { createPurgeQueue } from "../src/transport/native/purge-queue.js";
import type { Supervisor } from "../src/transport/native/supervisor.js";

/** A child that is asked for purges and, by the tests, for other things. */
function fakeChild() {
  const purged: unknown[] = [];
  const handedOver: string[] = [];
  let asked = 0;
  let fails = false;
  const request: Supervisor["request"] = (_caller, op, args) => {
    asked += 1;
    if (op === "purge") purged.push(args);
    return Promise.reject(fails ? new CommandFailure("rbd_trash_remove", errno.EBUSY, "busy") : new CommandFailure("rbd_trash_remove", errno.ENOENT, "gone"));
  };
  const queue = createPurgeQueue({
    supervisor: { request, isIdle: () => true, asked: () => asked },
    log: silentLogger,
    toManager: (_, imageId) => {
      asked += 1;
      handedOver.push(imageId);
      return Promise.resolve();
    },
  });
  return {
    queue,
    purged,
    handedOver,
    askSomethingElse: () => void (asked += 1),
    failFromNowOn: () => void (fails = true),
  };
}

describe("purging in the background", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("keeps away from a loop of calls, also between two of them, and begins once it has ended", async () => {
    const { queue, purged, askSomethingElse } = fakeChild();
    queue.add("a1");
    for (let waitedMs = 0; waitedMs < 500; waitedMs += 5) {
      askSomethingElse();
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(purged).toEqual([]);
    await vi.advanceTimersByTimeAsync(50);
    expect(purged).toEqual([{ imageId: "a1" }]);
  });

  it("begins beside other work after two seconds", async () => {
    const { queue, purged, askSomethingElse } = fakeChild();
    queue.add("a1");
    for (let waitedMs = 0; waitedMs < 2_100; waitedMs += 5) {
      askSomethingElse();
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(purged).toHaveLength(1);
  });

  it("goes on by itself, undisturbed by its own requests", async () => {
    const { queue, purged } = fakeChild();
    for (let one = 0; one < 40; one += 1) queue.add(`a${one}`);
    await vi.advanceTimersByTimeAsync(100);
    expect(purged).toHaveLength(40);
  });

  it("tries again, and leaves to the manager what will not go", async () => {
    const { queue, purged, handedOver, failFromNowOn } = fakeChild();
    failFromNowOn();
    queue.add("a1");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(purged).toHaveLength(5);
    expect(handedOver).toEqual(["a1"]);
  });
});
