import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MiB, openBackends, type VolumeDriver } from "@opensds/core";
import ceph from "@opensds/driver-ceph";
import { adminCeph, freeLaggyGroups, killDaemon, pauseDaemon, resumeDaemon, startDaemon } from "@opensds/lab";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callsAtOnce } from "./live/amounts.js";
import { failureOf, labConf, live, openNamespace, uniqueName, type LabNamespace } from "./live/lab.js";
import { killNativeChild } from "./live/native-child.js";

const capacity = { requiredBytes: 4 * MiB };

type Asked = "create" | "get" | "delete";

describe.runIf(live)("the native transport while the cluster has faults", { timeout: 900_000 }, () => {
  let lab: LabNamespace;
  let driver: VolumeDriver;
  beforeAll(async () => {
    lab = await openNamespace("faults", "native", { unfinishedAfterMs: 500 });
    driver = lab.driver;
  }, 60_000);
  afterAll(() => lab.remove(), 180_000);

  const remove = async (name: string): Promise<void> => driver.deleteVolume({ id: (await driver.getVolume({ name })).id });
  /** Names and sizes of the volumes that are there. */
  const state = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { name, id, sizeBytes, state: now } of driver.listVolumes()) found.push(`${name} ${id} ${sizeBytes} ${now}`);
    return found.sort();
  };

  it(`an OSD that stops for 10 s under ${callsAtOnce} mixed calls: all end in time, in words, and no late write undoes anything`, async () => {
    const timeoutMs = 5_000;
    const old = await Promise.all(
      Array.from({ length: Math.ceil(callsAtOnce / 3) }, () => driver.createVolume({ name: uniqueName("old"), capacity })),
    );
    const fresh = old.map(() => uniqueName("fresh"));
    await pauseDaemon("osd.0");
    const resumed = sleep(10_000).then(() => resumeDaemon("osd.0"));
    const timed = async (asked: Asked, work: Promise<unknown>) => {
      const startedAt = performance.now();
      const failure = await failureOf(work);
      return { asked, failure, ms: performance.now() - startedAt };
    };
    const ends = await Promise.all([
      ...fresh.map((name) => timed("create", driver.createVolume({ name, capacity }, { timeoutMs }))),
      ...old.map(({ id }) => timed("get", driver.getVolume({ id }, { timeoutMs }))),
      ...old.map(({ id }) => timed("delete", driver.deleteVolume({ id }, { timeoutMs }))),
    ]);
    for (const { failure, ms } of ends) {
      expect(ms).toBeLessThan(timeoutMs + 1_500);
      expect(failure?.code).toMatch(/^(DEADLINE_EXCEEDED|UNAVAILABLE)$/);
    }
    await resumed;

    // What a caller does then: the same again.
    await Promise.all([
      ...fresh.map((name) => driver.createVolume({ name, capacity })),
      ...old.map(({ id }) => driver.deleteVolume({ id })),
      freeLaggyGroups("osd.0"),
    ]);
    const after = await state();
    expect(after.map((line) => line.split(" ")[0]).sort()).toEqual([...fresh].sort());
    await sleep(30_000);
    expect(await state()).toEqual(after);
    await Promise.all(fresh.map(remove));
  });

  it("an OSD that is killed and started again: calls that wait for it go on", async () => {
    const volume = await driver.createVolume({ name: uniqueName("osd"), capacity });
    await killDaemon("osd.0");
    const waiting = driver.createVolume({ name: uniqueName("osd"), capacity });
    await sleep(1_000);
    await startDaemon("osd.0");
    const made = await waiting;
    expect((await driver.getVolume({ id: volume.id })).id).toBe(volume.id);
    for (const { id } of [volume, made]) await driver.deleteVolume({ id });
  });

  it("a monitor that is killed and started again: reads go on meanwhile, and everything afterwards", async () => {
    const volume = await driver.createVolume({ name: uniqueName("mon"), capacity });
    await killDaemon("mon.a");
    try {
      expect((await driver.getVolume({ id: volume.id })).id).toBe(volume.id);
      // A new child cannot connect without it: in words, and in time.
      killNativeChild();
      const startedAt = performance.now();
      const failure = await failureOf(driver.getVolume({ id: volume.id }, { timeoutMs: 3_000 }));
      expect(failure?.code).toMatch(/^(DEADLINE_EXCEEDED|UNAVAILABLE)$/);
      expect(performance.now() - startedAt).toBeLessThan(4_000);
    } finally {
      await startDaemon("mon.a");
    }
    expect((await driver.getVolume({ id: volume.id })).id).toBe(volume.id);
    await driver.deleteVolume({ id: volume.id });
  });

  it("rights that are withdrawn in mid-run are told in words, and work again once they are given back", async () => {
    const user = `t-${process.pid}`;
    const rights = ["mon", "profile rbd", "osd", "profile rbd pool=dock", "mgr", "profile rbd pool=dock"];
    const directory = mkdtempSync(join(tmpdir(), "driver-ceph-"));
    const keyring = join(directory, "keyring");
    // Ceph reads no last line without an end.
    writeFileSync(keyring, `${await adminCeph(["auth", "get-or-create", `client.${user}`, ...rights])}\n`, { mode: 0o600 });
    const options = { conf: labConf(), user, keyring, pool: "dock", namespace: lab.name, transport: "native" };
    const backends = await openBackends({ backends: { lent: { ceph_driver: options } } }, { drivers: [ceph] });
    try {
      const lent = backends.get("lent");
      await lent.setup();
      const volume = await lent.createVolume({ name: uniqueName("caps"), capacity });
      await adminCeph(["auth", "caps", `client.${user}`, "mon", "profile rbd", "osd", "profile rbd-read-only pool=dock"]);
      // Rights are in a ticket that a connection holds for an hour: a new connection has the new ones.
      killNativeChild();
      expect((await lent.getVolume({ id: volume.id })).id).toBe(volume.id);
      const failure = await failureOf(lent.createVolume({ name: uniqueName("caps"), capacity }));
      expect([failure?.code, failure?.reason]).toEqual(["PERMISSION_DENIED", "permission-denied"]);
      expect((await failureOf(lent.deleteVolume({ id: volume.id })))?.code).toBe("PERMISSION_DENIED");
      await adminCeph(["auth", "caps", `client.${user}`, ...rights]);
      await expect.poll(() => failureOf(lent.deleteVolume({ id: volume.id })), { timeout: 20_000, interval: 500 }).toBeUndefined();
    } finally {
      await backends.unset();
      await adminCeph(["auth", "del", `client.${user}`]);
      rmSync(directory, { recursive: true });
    }
  });
});
