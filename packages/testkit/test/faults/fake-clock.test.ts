import { isSouthboundError, openBackends, retrying, type Volume } from "@opensds/core";
import { memoryReference } from "@opensds/testkit/reference";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withFaults, type Faults } from "../../src/faults/index.js";
import { failure, openInMemory, request, volumesOf } from "./support.js";

const minute = 60_000;
const epoch = Date.UTC(2030, 0, 1);

/** Time that went by outside of the fake clock, in milliseconds. */
const realMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

describe("on a fake clock", () => {
  let began = 0;
  beforeEach(() => {
    began = realMs();
    vi.useFakeTimers({ now: epoch });
  });
  afterEach(() => {
    vi.useRealTimers();
    expect(realMs() - began).toBeLessThan(1_000);
  });

  const open = (faults: Faults) => openInMemory(withFaults(memoryReference(), faults));

  it.each(["hang", "hang-deaf"] as const)("a create that meets %s ends at the default deadline, and may be replayed", async (when) => {
    const driver = await open({ createVolume: [{ when }] });
    const ended = failure(driver.createVolume(request("orders")));
    await vi.advanceTimersByTimeAsync(minute - 1);
    expect(await Promise.race([ended, Promise.resolve("still running")])).toBe("still running");
    await vi.advanceTimersByTimeAsync(1);
    expect(await ended).toMatchObject({ code: "DEADLINE_EXCEEDED", outcome: "unknown", details: { timeoutMs: minute } });

    const replay = driver.createVolume(request("orders"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await replay).toMatchObject({ name: "orders" });
    expect(await volumesOf(driver)).toHaveLength(1);
  });

  it("a late answer is not waited for; what it did is there", async () => {
    const driver = await open({ createVolume: [{ when: "late", afterMs: 2 * minute }], deleteVolume: [{ when: "late-applied", afterMs: 2 * minute }] });
    const created = failure(driver.createVolume(request("orders")));
    await vi.advanceTimersByTimeAsync(minute);
    expect(await created).toMatchObject({ code: "DEADLINE_EXCEEDED", outcome: "unknown" });
    const volume = await driver.getVolume({ name: "orders" });

    const deleted = failure(driver.deleteVolume({ id: volume.id }));
    await vi.advanceTimersByTimeAsync(minute);
    expect(await deleted).toMatchObject({ code: "DEADLINE_EXCEEDED", outcome: "unknown" });
    expect(await driver.getVolume({ name: "orders" })).toEqual(volume);
    await vi.advanceTimersByTimeAsync(minute);
    expect(await failure(driver.getVolume({ name: "orders" }))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("an answer that is late but in time is an answer", async () => {
    const driver = await open({ createVolume: [{ when: "late", afterMs: 59_000 }] });
    const created = driver.createVolume(request("orders"));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(await created).toMatchObject({ name: "orders", createdAt: new Date(epoch).toISOString() });
  });

  it("slow pages are bounded one by one", async () => {
    const driver = await open({ listVolumes: [{ when: "slow-page", afterMs: 40_000, times: 2 }, { when: "slow-page", afterMs: 61_000 }] });
    for (const name of ["a", "b", "c"]) await driver.createVolume(request(name));
    const seen: Volume[] = [];
    const list = async (): Promise<void> => {
      for await (const volume of driver.listVolumes({ pageSize: 1 })) seen.push(volume);
    };
    const ended = failure(list());
    await vi.advanceTimersByTimeAsync(80_000);
    expect(seen).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(minute);
    expect(await ended).toMatchObject({ code: "DEADLINE_EXCEEDED", operation: "listVolumes", outcome: "none" });
    expect(seen).toHaveLength(2);
  });

  it("a hanging connection ends the setup; the next one works", async () => {
    const definition = withFaults(memoryReference(), { setup: [{ when: "hang-deaf" }] });
    const backends = await openBackends({ backends: { ssd: { reference_driver: { store: "memory" } } } }, { drivers: [definition] });
    const ended = failure(backends.get("ssd").setup());
    await vi.advanceTimersByTimeAsync(minute);
    expect(await ended).toMatchObject({ code: "DEADLINE_EXCEEDED", operation: "setup" });
    expect(await backends.get("ssd").setup()).toMatchObject({ kind: "reference" });
  });

  it("retrying() gets through an outage of minutes", async () => {
    const driver = await open({
      createVolume: [
        { when: "hang" },
        { when: "before-applied", code: "UNAVAILABLE", details: { retryAfterMs: 90_000 } },
        { when: "after-applied", code: "UNAVAILABLE", times: 3 },
      ],
    });
    const created = retrying((options) => driver.createVolume(request("orders"), options), { timeoutMs: 10 * minute, attemptTimeoutMs: minute });
    const settled = created.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10 * minute);
    const result = await settled;
    expect(isSouthboundError(result) ? result.message : result).toMatchObject({ name: "orders" });
    expect(await volumesOf(driver)).toHaveLength(1);
  });
});
