import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBackends, type Backends, type VolumeDriver } from "../../src/index.js";
import { fromLegacyDriver } from "../../src/legacy/from-legacy-driver.js";
import type { LegacyDriver } from "../../src/legacy/legacy-driver.js";
import { toLegacyDriver } from "../../src/legacy/to-legacy-driver.js";
import { volumeId } from "../../src/model/ids.js";
import { KiB, MiB } from "../../src/model/size.js";
import { createFakeDriver, type FakeDriver } from "./fake-driver.js";

let fake: FakeDriver;
let backends: Backends;
let driver: VolumeDriver;

async function open(legacy: LegacyDriver): Promise<void> {
  const lifted = fromLegacyDriver(legacy, { kind: "old", sizeUnit: "MiB", volumeTypeParameter: "type", pollMs: 1 });
  backends = await openBackends({ backends: { b: { old_driver: {} } } }, { drivers: [lifted] });
  driver = backends.get("b");
  await driver.setup();
}

beforeEach(async () => {
  fake = createFakeDriver();
  await open(toLegacyDriver(fake, { sizeUnit: "MiB", volumeType: { parameter: "type" } }));
});
afterEach(() => backends.unset());

const size = { requiredBytes: 3 * MiB };

describe("fromLegacyDriver(toLegacyDriver(driver))", () => {
  it("gives back every volume as it was", async () => {
    const volume = await driver.createVolume({ name: "naïve \"vol\" 🗄", capacity: size, parameters: { type: "ssd" } });
    expect([...fake.volumes.values()]).toEqual([volume]);
    expect(await driver.getVolume({ id: volume.id })).toEqual(volume);
    expect(await driver.getVolume({ name: volume.name })).toEqual(volume);
    expect(await driver.createVolume({ name: volume.name, capacity: size, parameters: { type: "ssd" } })).toEqual(volume);
    await driver.deleteVolume({ id: volume.id });
    expect(fake.volumes.size).toBe(0);
  });

  it("keeps sizes to the byte, and every state", async () => {
    for (const [index, state] of (["creating", "available", "in-use", "deleting", "error", "unknown"] as const).entries()) {
      const id = volumeId(`v${index}`);
      fake.volumes.set(id, { id, name: `n${index}`, sizeBytes: MiB + index * KiB, state, parameters: {}, ...(state === "error" && { stateReason: "disk lost" }) });
    }
    const listed = [];
    for await (const volume of driver.listVolumes({ pageSize: 2 })) listed.push(volume);
    expect(listed).toEqual([...fake.volumes.values()]);
  });

  it("keeps errors: code, reason, recovery, outcome and details", async () => {
    fake.failNext("createVolume", "RESOURCE_EXHAUSTED", "backend-full", "pool is full", { outcome: "none", details: { freeBytes: 7 } });
    await expect(driver.createVolume({ name: "a", capacity: size })).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "backend-full",
      recovery: "operator",
      outcome: "none",
      backend: "b",
      details: { freeBytes: 7 },
    });
    await expect(driver.getVolume({ id: volumeId("none") })).rejects.toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
  });

  it("heeds attachments that were made on the other side", async () => {
    const volume = await driver.createVolume({ name: "a", capacity: size });
    await fake.attachVolume({ volumeId: volume.id });
    await expect(driver.deleteVolume({ id: volume.id })).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-use" });
    await expect(driver.attachVolume({ volumeId: volume.id })).rejects.toMatchObject({ code: "UNIMPLEMENTED", reason: "mode-unsupported" });
  });

  it("tells a size in the wrong unit by the bytes that stand beside it", async () => {
    await backends.unset();
    await fake.setup();
    await fake.createVolume({ name: "a", capacity: size });
    await expect(open(toLegacyDriver(fake, { sizeUnit: "GiB" }))).rejects.toMatchObject({ reason: "legacy-reply-unreadable" });
  });

  it("ends a create whose function never answers by the deadline", async () => {
    await backends.unset();
    await open({ ...toLegacyDriver(fake), CreateVolume: () => new Promise(() => undefined) });
    const started = performance.now();
    await expect(driver.createVolume({ name: "a", capacity: size }, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      outcome: "unknown",
    });
    expect(performance.now() - started).toBeLessThan(1_000);
    await backends.unset({ timeoutMs: 200 }).catch(() => undefined);
  });
});
