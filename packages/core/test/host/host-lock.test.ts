import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { volumeId } from "@opensds/core";
import { canAttach, must, openBench, startDock } from "./support.js";

const volume = volumeId("v");

describe.skipIf(!canAttach)("exclusively", () => {
  it("lets one at a time through in one process, and volumes do not wait for each other", async () => {
    const { host } = await openBench();
    let inside = 0;
    let most = 0;
    const steps = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(20);
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => host.exclusively(volume, {}, steps)));
    expect(most).toBe(1);
    most = 0;
    await Promise.all(["a", "b"].map((name) => host.exclusively(volumeId(name), {}, steps)));
    expect(most).toBe(2);
  });

  it("may be entered again from inside, and gives the steps' own errors", async () => {
    const { host, fileVolume } = await openBench();
    const connection = await fileVolume("v");
    const record = await host.exclusively(connection.attachment.volumeId, { timeoutMs: 5_000 }, () => host.attach(connection, "test"));
    await host.exclusively(connection.attachment.volumeId, { timeoutMs: 5_000 }, () => host.detach(record));
    const failure = new Error("mine");
    await expect(host.exclusively(volume, {}, () => Promise.reject(failure))).rejects.toBe(failure);
  });

  it("bounds the wait, by time and by signal", async () => {
    const { host } = await openBench();
    await host.exclusively(volume, {}, async () => {
      const outside = setImmediateOutside(() => host.exclusively(volume, { timeoutMs: 100 }, () => Promise.resolve()));
      await expect(outside).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", outcome: "none" });
    });
  });

  it("is let go by the kernel when the holder is killed, and leaves no file", async () => {
    const { host, runtimeDir } = await openBench();
    const dock = startDock({ runtimeDir, operation: "lock", argument: volume });
    await new Promise((resolve) => dock.child.stdout?.once("data", resolve));
    await expect(host.exclusively(volume, { timeoutMs: 200 }, () => Promise.resolve())).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    const waiting = host.exclusively(volume, { timeoutMs: 5_000 }, () => Promise.resolve("mine"));
    dock.child.kill("SIGKILL");
    expect(await waiting).toBe("mine");
    expect(must("find", runtimeDir, "-type", "f")).toBe("");
  });
});

/** Another call, begun outside the steps around it. */
const outsideQueue: (() => void)[] = [];
const ticker = setInterval(() => outsideQueue.splice(0).forEach((start) => start()), 5);
ticker.unref();
const setImmediateOutside = <Value>(call: () => Promise<Value>): Promise<Value> =>
  new Promise((resolve, reject) => outsideQueue.push(() => void call().then(resolve, reject)));
