import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { MiB, openBackends } from "@opensds/core";
import ceph from "@opensds/driver-ceph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf, labConf, live, transports } from "./live/lab.js";

const keyring = live ? join(dirname(labConf()), "client.admin.keyring") : "";

/** Pools of its own, made by the lab's administrator. */
describe.runIf(live && existsSync(keyring)).each(transports)("a pool whose images' data goes to a pool that takes none (%s)", { timeout: 120_000 }, (transport) => {
  const pool = `t-${process.pid}-own-${transport}`;
  const data = `t-${process.pid}-data-${transport}`;
  const run = promisify(execFile);
  const admin = (tool: string, ...args: readonly string[]) => run(tool, [...args, "--conf", labConf(), "--id", "admin", "--keyring", keyring]);

  beforeAll(async () => {
    await admin("ceph", "osd", "pool", "create", pool, "1");
    await admin("rbd", "pool", "init", pool);
    // A pool with snapshots of its own takes no images, no more than an erasure-coded one without overwrites, for which the lab has too few OSDs.
    await admin("ceph", "osd", "pool", "create", data, "1");
    await admin("ceph", "osd", "pool", "mksnap", data, "own");
    // The operator's own default, which librbd reads at every create.
    await admin("rbd", "config", "pool", "set", pool, "rbd_default_data_pool", data);
  }, 60_000);
  afterAll(async () => {
    for (const one of [pool, data]) await admin("ceph", "osd", "pool", "rm", one, one, "--yes-i-really-really-mean-it");
  }, 60_000);

  it("gets no image, though the pool itself was found to take them", async () => {
    const options = { conf: labConf(), user: "admin", keyring, pool, transport };
    const backends = await openBackends({ backends: { one: { ceph_driver: options } } }, { drivers: [ceph] });
    try {
      const driver = backends.get("one");
      await driver.setup();
      expect(await failureOf(driver.createVolume({ name: "first", capacity: { requiredBytes: MiB } }))).toMatchObject({ reason: "command-failed" });
    } finally {
      await backends.unset();
    }
  });
});
