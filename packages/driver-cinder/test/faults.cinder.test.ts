import { isSouthboundError, type Backends, type SouthboundError, type VolumeDriver } from "@opensds/core";
import { killService, pauseService, restartService, resumeService } from "@opensds/lab";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLab } from "./live/lab.js";
import { outsider, rowsOf, type Outsider } from "./live/raw.js";

const prefix = `faults-${process.pid}-`;
const capacity = { requiredBytes: 1 };

async function failureOf(call: Promise<unknown>): Promise<SouthboundError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (isSouthboundError(thrown)) return thrown;
  throw new Error(`no southbound error: ${String(thrown)}`);
}

describe("when something is wrong with the cloud", () => {
  let backends: Backends;
  let short: Backends;
  let driver: VolumeDriver;
  let cloud: Outsider;
  beforeAll(async () => {
    [backends, short, cloud] = await Promise.all([openLab(), openLab("cinder-short"), outsider()]);
    await backends.setup();
    await short.setup();
    driver = backends.get("cloud");
  });
  afterAll(async () => {
    await restartService("cinder-volume");
    await restartService("cinder-api");
    await backends.unset();
    await short.unset();
  });

  it("a used-up quota is RESOURCE_EXHAUSTED with its name and numbers, and leaves nothing", async () => {
    const admin = await outsider("lab-admin");
    const used = (await rowsOf(cloud, "")).length;
    await admin.cinder("PUT", `/os-quota-sets/${cloud.projectId}`, { quota_set: { volumes: used } });
    try {
      const failure = await failureOf(driver.createVolume({ name: `${prefix}quota`, capacity }));
      expect(failure).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "quota-exceeded", outcome: "none", details: { quota: "volumes", limit: used, used } });
    } finally {
      await admin.cinder("PUT", `/os-quota-sets/${cloud.projectId}`, { quota_set: { volumes: -1 } });
    }
    expect(await rowsOf(cloud, prefix)).toEqual([]);
  });

  it("a token that expires in the middle of a wait is renewed, and the create ends well", async () => {
    await pauseService("cinder-volume");
    const begun = performance.now();
    const creating = short.get("cloud").createVolume({ name: `${prefix}expires`, capacity });
    creating.catch(() => undefined);
    // Longer than a token lives.
    await sleep(8_000);
    await resumeService("cinder-volume");
    const made = await creating;
    expect(performance.now() - begun).toBeGreaterThan(8_000);
    await short.get("cloud").deleteVolume({ id: made.id });
  });

  it("a create whose time runs out is DEADLINE_EXCEEDED and no success, and its replay makes one volume", async () => {
    await pauseService("cinder-volume");
    const request = { name: `${prefix}slow`, capacity };
    try {
      expect(await failureOf(driver.createVolume(request, { timeoutMs: 2_000 }))).toMatchObject({ code: "DEADLINE_EXCEEDED", outcome: "unknown" });
    } finally {
      await resumeService("cinder-volume");
    }
    const made = await driver.createVolume(request);
    expect((await rowsOf(cloud, request.name)).map(({ id }) => id)).toEqual([made.id]);
    await driver.deleteVolume({ id: made.id });
  });

  it("an API that is started anew in the middle of a wait ends no call", async () => {
    await pauseService("cinder-volume");
    const creating = driver.createVolume({ name: `${prefix}restarted`, capacity }, { timeoutMs: 120_000 });
    creating.catch(() => undefined);
    await sleep(1_000);
    await killService("cinder-api");
    await resumeService("cinder-volume");
    await restartService("cinder-api");
    // Reads are sent again for some seconds; what ends before the API is back is replayed, as a caller would.
    const made = await creating.catch(() => driver.createVolume({ name: `${prefix}restarted`, capacity }));
    expect((await rowsOf(cloud, `${prefix}restarted`)).map(({ id }) => id)).toEqual([made.id]);
    await driver.deleteVolume({ id: made.id });
  });

  it("forty creates at once make forty volumes, and are deleted", { timeout: 300_000 }, async () => {
    const names = Array.from({ length: 40 }, (_, index) => `${prefix}many-${index}`);
    const made = await Promise.all(names.map((name) => driver.createVolume({ name, capacity }, { timeoutMs: 240_000 })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(40);
    expect(await rowsOf(cloud, `${prefix}many-`)).toHaveLength(40);
    await Promise.all(made.map(({ id }) => driver.deleteVolume({ id }, { timeoutMs: 240_000 })));
    expect(await rowsOf(cloud, prefix)).toEqual([]);
  });

  it("a dead cinder-volume ends a create in a typed error with Cinder's reason, and leaves nothing", { timeout: 180_000 }, async () => {
    await killService("cinder-volume");
    try {
      // Cinder notices after its service_down_time.
      await sleep(26_000);
      const failure = await failureOf(driver.createVolume({ name: `${prefix}dead`, capacity }));
      expect(failure).toMatchObject({ code: "INTERNAL", reason: "volume-in-error" });
      expect(failure.message).toContain("weighted backend");
    } finally {
      await restartService("cinder-volume");
    }
    await expect.poll(() => rowsOf(cloud, prefix), { timeout: 60_000 }).toEqual([]);
    // It serves again once the scheduler knows of it.
    await expect.poll(() => driver.createVolume({ name: `${prefix}back`, capacity }).then(({ state }) => state, () => "failed"), { timeout: 60_000, interval: 2_000 }).toBe("available");
    await driver.deleteVolume({ id: (await driver.getVolume({ name: `${prefix}back` })).id });
  });
});
