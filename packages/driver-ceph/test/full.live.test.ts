import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { isSouthboundError, MiB, openBackends, type Backends } from "@opensds/core";
import ceph from "@opensds/driver-ceph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labConf, live, transports } from "./live/lab.js";

const keyring = live ? join(dirname(labConf()), "client.admin.keyring") : "";
const capacity = { requiredBytes: MiB };

/** A pool of its own, made by the lab's administrator, so that nobody else's is full. */
describe.runIf(live && existsSync(keyring)).each(transports)("a pool that is full by its quota (%s)", { timeout: 180_000 }, (transport) => {
  const pool = `t-${process.pid}-full-${transport}`;
  let backends: Backends;
  const run = promisify(execFile);
  const admin = async (tool: string, ...args: readonly string[]): Promise<string> =>
    (await run(tool, [...args, "--conf", labConf(), "--id", "admin", "--keyring", keyring])).stdout;
  const isFull = async (): Promise<boolean> =>
    new RegExp(`'${pool}'.*full_quota`).test(await admin("ceph", "osd", "pool", "ls", "detail"));
  const setQuota = async (objects: number, full: boolean): Promise<void> => {
    await admin("ceph", "osd", "pool", "set-quota", pool, "max_objects", String(objects));
    await expect.poll(isFull, { timeout: 60_000, interval: 500 }).toBe(full);
  };

  beforeAll(async () => {
    await admin("ceph", "osd", "pool", "create", pool, "1");
    await admin("rbd", "pool", "init", pool);
    const options = { conf: labConf(), user: "admin", keyring, pool, transport };
    backends = await openBackends({ backends: { full: { ceph_driver: options } } }, { drivers: [ceph] });
    await backends.setup();
  }, 60_000);
  afterAll(async () => {
    await backends.unset();
    await admin("ceph", "osd", "pool", "rm", pool, pool, "--yes-i-really-really-mean-it");
  }, 60_000);

  const reasonOf = async (work: Promise<unknown>): Promise<readonly string[]> => {
    const error = await work.catch((thrown: unknown) => thrown);
    return isSouthboundError(error) ? [error.code, error.reason] : ["none"];
  };

  it("is told soon and in words, still answers reads, and goes on when there is room again", async () => {
    const driver = backends.get("full");
    const volume = await driver.createVolume({ name: "first", capacity });
    await setQuota(1, true);

    const startedAt = performance.now();
    expect(await reasonOf(driver.createVolume({ name: "second", capacity }))).toEqual(["RESOURCE_EXHAUSTED", "backend-full"]);
    expect(performance.now() - startedAt).toBeLessThan(transport === "native" ? 1_000 : 8_000);
    expect((await driver.getVolume({ name: "first" })).id).toBe(volume.id);
    if (transport === "native") {
      await driver.deleteVolume({ id: volume.id });
      expect(await reasonOf(driver.getVolume({ name: "first" }))).toEqual(["NOT_FOUND", "volume-not-found"]);
      await setQuota(0, false);
    } else {
      // Ceph's commands cannot ask for room to delete in.
      expect(await reasonOf(driver.deleteVolume({ id: volume.id }))).toEqual(["RESOURCE_EXHAUSTED", "backend-full"]);
      await setQuota(0, false);
      expect((await driver.getVolume({ name: "first" })).state).toBe("available");
      await driver.deleteVolume({ id: volume.id });
    }
    const second = await driver.createVolume({ name: "second", capacity });
    await driver.deleteVolume({ id: second.id });
  });
});
