import { isSouthboundError, MiB, type Volume, type VolumeDriver } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDock, type Dock, type Ended } from "./live/dock.js";
import { live, openNamespace, transports, uniqueName, type LabNamespace } from "./live/lab.js";

const rounds = Number(process.env["SB_RACE_ROUNDS"] ?? 50);

describe.runIf(live).each(transports)("several processes at once (%s)", { timeout: 600_000 }, (transport) => {
  let lab: LabNamespace;
  let driver: VolumeDriver;
  let one: Dock;
  let two: Dock;

  beforeAll(async () => {
    lab = await openNamespace("races", transport);
    driver = lab.driver;
    [one, two] = await Promise.all([startDock(lab.name, transport), startDock(lab.name, transport)]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([one.stop(), two.stop()]);
    await lab.remove();
  }, 120_000);

  /** The native transport purges after it has answered. */
  const nothingElseThan = (before: readonly string[]): Promise<void> =>
    expect.poll(() => lab.objects(), { timeout: 20_000, interval: 200 }).toEqual(before);
  const idOf = (ended: Ended): unknown =>
    ended.how === "returned" && typeof ended.value === "object" && ended.value !== null && "id" in ended.value ? ended.value.id : ended;

  it(`gives both the same volume when they create one name, ${rounds} times`, async () => {
    const before = await lab.objects();
    for (let round = 0; round < rounds; round += 1) {
      const name = uniqueName(`same-${round}`);
      const job = { method: "create", of: name, capacity: { requiredBytes: 4 * MiB } } as const;
      const [a, b] = await Promise.all([one.run(job), two.run(job)]);
      expect(idOf(a)).toBeTypeOf("string");
      expect(idOf(b)).toBe(idOf(a));
      const volume = await driver.getVolume({ name });
      expect(volume.id).toBe(idOf(a));
      await driver.deleteVolume({ id: volume.id });
    }
    await nothingElseThan(before);
  });

  it("lets one size win and refuses the other", async () => {
    const before = await lab.objects();
    for (let round = 0; round < rounds / 5; round += 1) {
      const name = uniqueName(`sizes-${round}`);
      const exactly = (bytes: number) => ({ method: "create", of: name, capacity: { requiredBytes: bytes, limitBytes: bytes } }) as const;
      const [a, b] = await Promise.all([one.run(exactly(4 * MiB)), two.run(exactly(8 * MiB))]);
      const loser = [a, b].filter((ended) => ended.how === "failed");
      expect(loser, JSON.stringify([a, b])).toHaveLength(1);
      const error = loser[0]?.error;
      expect(isSouthboundError(error) && error.reason).toBe("volume-exists");
      const volume = await driver.getVolume({ name });
      expect(volume.sizeBytes).toBe(a.how === "returned" ? 4 * MiB : 8 * MiB);
      await driver.deleteVolume({ id: volume.id });
    }
    await nothingElseThan(before);
  });

  it("never loses a volume between a delete and a create of its name", async () => {
    const before = await lab.objects();
    const name = uniqueName("swap");
    const capacity = { requiredBytes: 4 * MiB };
    let volume: Volume = await driver.createVolume({ name, capacity });
    for (let round = 0; round < rounds / 5; round += 1) {
      const [deleted, alsoDeleted, created] = await Promise.all([
        one.run({ method: "delete", of: volume.id }),
        driver.deleteVolume({ id: volume.id }).then(
          () => "deleted",
          (error: unknown) => error,
        ),
        two.run({ method: "create", of: name, capacity }),
      ]);
      expect([deleted.how, alsoDeleted], JSON.stringify([deleted, alsoDeleted])).toEqual(["returned", "deleted"]);
      // The create came before the delete (the old volume, now gone), after it (a new one), or in the midst (refused).
      if (created.how === "failed") expect(isSouthboundError(created.error) && created.error.reason).toBe("volume-deleting");
      const madeNew = created.how === "returned" && idOf(created) !== volume.id;
      if (madeNew) expect((await driver.getVolume({ name })).id).toBe(idOf(created));
      volume = await driver.createVolume({ name, capacity });
    }
    await driver.deleteVolume({ id: volume.id });
    await nothingElseThan(before);
    await expect.poll(() => lab.rbd("trash", "ls"), { timeout: 20_000, interval: 200 }).toBe("");
  });

  it("never has a volume both attached and deleted", async () => {
    for (let round = 0; round < rounds / 5; round += 1) {
      const volume = await driver.createVolume({ name: uniqueName("attach"), capacity: { requiredBytes: 4 * MiB } });
      const [attached, deleted] = await Promise.all([
        one.run({ method: "connect", of: volume.id }),
        two.run({ method: "delete", of: volume.id }),
      ]);
      if (deleted.how === "returned") expect(attached.how).toBe("failed");
      if (attached.how === "returned") {
        expect(deleted.how).toBe("failed");
        const [record] = await driver.listAttachments({ volumeId: volume.id, hostId: "all" });
        expect(record?.attachment.id).toBe(idOf(attached));
        if (record !== undefined) await driver.disconnectVolume({ volumeId: volume.id, attachmentId: record.attachment.id });
      }
      await driver.deleteVolume({ id: volume.id });
    }
  });
});
