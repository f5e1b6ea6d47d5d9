import { setTimeout as sleep } from "node:timers/promises";
import { MiB, requireFacets, type DriverWith } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killsOf } from "./live/amounts.js";
import { startDock } from "./live/dock.js";
import { live, openNamespace, transports, uniqueName, type LabNamespace } from "./live/lab.js";
import { killTree } from "./live/native-child.js";
import { randomOf } from "./live/random.js";

const capacity = { requiredBytes: 4 * MiB };
const kills = killsOf(3, 50);

describe.runIf(live).each(transports)("a host that fails while it copies a volume (%s)", { timeout: 1_800_000 }, (transport) => {
  let lab: LabNamespace;
  let driver: DriverWith<"reconciliation" | "sources">;
  beforeAll(async () => {
    lab = await openNamespace("clone-kills", transport, { unfinishedAfterMs: 1_000 });
    driver = requireFacets(lab.driver, "reconciliation", "sources");
  }, 60_000);
  afterAll(() => lab.remove(), 120_000);

  it(`with whatever it has started, at ${kills} moments: made again it is one whole volume, and nothing is left`, async () => {
    const random = randomOf(`clone kills (${transport})`);
    const source = await driver.createVolume({ name: uniqueName("source"), capacity });
    for (let round = 0; round < kills; round += 1) {
      const name = uniqueName(`clone-${round}`);
      const dock = await startDock(lab.name, transport);
      const making = dock.run({ method: "create", of: name, capacity, sourceVolumeId: source.id });
      await Promise.race([making, sleep(random() * 900)]);
      killTree(dock.pid);
      await making;
      await dock.stop();

      const request = { name, capacity, source: { kind: "volume", volumeId: source.id } } as const;
      const clone = await driver.createVolume(request);
      expect((await driver.createVolume(request)).id).toBe(clone.id);
      expect(await driver.getVolume({ name })).toMatchObject({ id: clone.id, state: "available", sizeBytes: 4 * MiB });
      await driver.deleteVolume({ id: clone.id });
    }
    await driver.reconciliation.reconcile({ repair: true });
    await expect.poll(() => driver.reconciliation.reconcile(), { timeout: 60_000, interval: 1_000 }).toEqual([]);
    await driver.deleteVolume({ id: source.id });
    await expect.poll(() => lab.objects(), { timeout: 60_000, interval: 1_000 }).toEqual([]);
  });
});
