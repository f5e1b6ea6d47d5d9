import { lookup } from "node:dns/promises";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isSouthboundError, MiB, type VolumeDriver } from "@opensds/core";
import { pauseDaemon, resumeDaemon } from "@opensds/lab";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { killsOf } from "./live/amounts.js";
import { startDock } from "./live/dock.js";
import { forgetDeadWatchers, live, openNamespace, uniqueName, type LabNamespace } from "./live/lab.js";
import { isAlive, killNativeChild, nativeChildrenOf } from "./live/native-child.js";
import { randomOf } from "./live/random.js";

const capacity = { requiredBytes: 4 * MiB };
const kills = killsOf(8, 150);

describe.runIf(live)("the native child", { timeout: 900_000 }, () => {
  let lab: LabNamespace;
  let driver: VolumeDriver;
  beforeAll(async () => {
    lab = await openNamespace("child", "native", { unfinishedAfterMs: 500 });
    driver = lab.driver;
  }, 60_000);
  afterAll(() => lab.remove(), 400_000);

  const create = (name: string) => driver.createVolume({ name, capacity });
  const remove = async (name: string): Promise<void> => driver.deleteVolume({ id: (await driver.getVolume({ name })).id });

  it("is one for a backend, however much is asked of it", async () => {
    const names = Array.from({ length: 20 }, () => uniqueName("one"));
    await Promise.all(names.map(create));
    expect(nativeChildrenOf(process.pid)).toHaveLength(1);
    await Promise.all(names.map(remove));
  });

  it("killed by SIGKILL under 20 calls, costs none of them", async () => {
    const names = Array.from({ length: 10 }, () => uniqueName("killed"));
    const read = await create(uniqueName("read"));
    const calls = [...names.map(create), ...names.map(() => driver.getVolume({ id: read.id }))];
    await sleep(5);
    expect(killNativeChild()).toBe(true);
    const volumes = await Promise.all(calls);
    expect(new Set(volumes.map(({ id }) => id)).size).toBe(11);
    for (const name of [...names, read.name]) await remove(name);
  });

  it(`killed at ${kills} moments of a create, and of a delete: both end as if nothing had been`, async () => {
    const random = randomOf("native-child kills");
    for (let round = 0; round < kills; round += 1) {
      const name = uniqueName(`moment-${round}`);
      const creating = create(name);
      // It takes six milliseconds or more: a longer wait would mostly kill what has ended.
      await sleep(random() * 12);
      killNativeChild();
      const volume = await creating;
      expect((await create(name)).id).toBe(volume.id);
      const deleting = driver.deleteVolume({ id: volume.id });
      await sleep(random() * 15);
      killNativeChild();
      await deleting;
      const gone = await driver.getVolume({ id: volume.id }).catch((error: unknown) => error);
      expect(isSouthboundError(gone) && gone.reason).toBe("volume-not-found");
    }
    const isEmptied = expect.poll(() => lab.rbd("trash", "ls"), { timeout: 90_000, interval: 1_000 }).toBe("");
    if (await isEmptied.then(() => true, () => false)) return;
    await forgetDeadWatchers();
    await expect.poll(() => lab.rbd("trash", "ls"), { timeout: 240_000, interval: 1_000 }).toBe("");
  });

  it("given up at every moment, calls end with words of their own and nothing else fails", async () => {
    // vitest fails on a rejection that nobody hears.
    for (let timeoutMs = 1; timeoutMs <= 25; timeoutMs += 1) {
      const { id, name } = await create(uniqueName("given-up"));
      const ends = await Promise.allSettled([
        driver.deleteVolume({ id }, { timeoutMs }),
        driver.createVolume({ name: `${name}-2`, capacity }, { timeoutMs }),
        driver.getVolume({ id }, { timeoutMs }),
      ]);
      for (const end of ends) {
        const thrown: unknown = end.status === "rejected" ? end.reason : undefined;
        if (thrown !== undefined) expect(isSouthboundError(thrown) && thrown.code).toMatch(/^(DEADLINE_EXCEEDED|UNAVAILABLE|NOT_FOUND)$/);
      }
      await driver.deleteVolume({ id });
      await create(`${name}-2`);
      await remove(`${name}-2`);
    }
  });

  it("is gone soon after its dock was killed, also while a call hangs in it", async () => {
    const dock = await startDock(lab.name, "native");
    const [child] = nativeChildrenOf(dock.pid);
    expect(child).toBeDefined();
    await pauseDaemon("osd.0");
    try {
      const hanging = dock.run({ method: "create", of: uniqueName("hanging"), capacity });
      await sleep(500);
      process.kill(dock.pid, "SIGKILL");
      expect((await hanging).how).toBe("killed");
      await expect.poll(() => child !== undefined && isAlive(child), { timeout: 2_000, interval: 20 }).toBe(false);
    } finally {
      await resumeDaemon("osd.0");
    }
    await dock.stop();
  });

  it("does not keep a dock alive that has nothing more to do", async () => {
    const dock = await startDock(lab.name, "native", { unsetAtEnd: false });
    const [child] = nativeChildrenOf(dock.pid);
    await dock.stop();
    expect(isAlive(dock.pid)).toBe(false);
    await expect.poll(() => child !== undefined && isAlive(child), { timeout: 2_000, interval: 20 }).toBe(false);
  });

  it("leaves the dock's own file system and DNS calls alone under 64 creates", async () => {
    const idle = Math.max(...(await timesOf(20, 5)));
    const names = Array.from({ length: 64 }, () => uniqueName("busy"));
    const waits: number[] = [];
    const done = new AbortController();
    const creating = Promise.all(names.map(create)).finally(() => done.abort());
    while (!done.signal.aborted) waits.push(...(await timesOf(1, 5)));
    await creating;
    expect(waits.length).toBeGreaterThan(10);
    // In one pool with the creates each would wait for a few of them, and the first for most: half a second.
    waits.sort((a, b) => a - b);
    expect(waits[Math.floor(waits.length * 0.9)]).toBeLessThan(Math.max(50, idle * 5));
    await Promise.all(names.map(remove));
  });

  it("is ended with a change that hangs before the change's call fails: nothing of it comes later", async () => {
    const name = uniqueName("late");
    const kept = await create(uniqueName("kept"));
    const [before] = nativeChildrenOf(process.pid);
    expect(before).toBeDefined();
    await pauseDaemon("osd.0");
    try {
      const startedAt = performance.now();
      const hanging = driver.createVolume({ name, capacity }, { timeoutMs: 2_000 }).catch((thrown: unknown) => thrown);
      // This one waits in the same child, and is asked again in the next.
      const reading = driver.getVolume({ id: kept.id }, { timeoutMs: 20_000 });
      const error = await hanging;
      expect(isSouthboundError(error) && error.outcome).toBe("unknown");
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      await expect.poll(() => before !== undefined && isAlive(before), { timeout: 1_000, interval: 20 }).toBe(false);
      await resumeDaemon("osd.0");
      expect((await reading).id).toBe(kept.id);
    } finally {
      await resumeDaemon("osd.0");
    }
    await sleep(3_000);
    expect(await lab.rbd("ls")).not.toContain(imageNameOf(name));
    await create(name);
    await remove(name);
    await remove(kept.name);
  });
});

/** How long a file system call and a name look-up take together, in milliseconds. */
async function timesOf(count: number, everyMs: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let time = 0; time < count; time += 1) {
    const startedAt = performance.now();
    await Promise.all([stat("/"), lookup("localhost")]);
    times.push(performance.now() - startedAt);
    await sleep(everyMs);
  }
  return times;
}
