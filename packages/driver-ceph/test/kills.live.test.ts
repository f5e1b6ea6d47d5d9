import { hostId, isSouthboundError, MiB, type VolumeDriver } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { killsOf } from "./live/amounts.js";
import { startDock } from "./live/dock.js";
import { live, openNamespace, transports, uniqueName, type LabNamespace } from "./live/lab.js";
import type { Job } from "./live/worker.js";

const capacity = { requiredBytes: 4 * MiB };
const randomKills = killsOf(6, 50);

describe.runIf(live).each(transports)("a dock killed by SIGKILL, and the call made again (%s)", { timeout: 600_000 }, (transport) => {
  let lab: LabNamespace;
  let driver: VolumeDriver;

  beforeAll(async () => {
    lab = await openNamespace("kills", transport);
    driver = lab.driver;
  }, 60_000);
  afterAll(async () => {
    await lab.remove();
  }, 120_000);

  const killed = async (job: Omit<Job, "number">): Promise<string> => {
    const dock = await startDock(lab.name, transport);
    try {
      return (await dock.run(job)).how;
    } finally {
      await dock.stop();
    }
  };
  /** Leaves an image that is no volume yet. */
  const leaveUnrecorded = async (name: string): Promise<void> => {
    expect(await killed({ method: "create", of: name, capacity, killAt: { step: "record-request", time: 1 } })).toBe("killed");
  };
  const expectNothingLeft = async (): Promise<void> => {
    // A command of the killed dock may still be ending.
    await expect.poll(() => lab.objects(), { timeout: 40_000, interval: 500 }).toEqual([]);
    await expect.poll(() => lab.rbd("trash", "ls"), { timeout: 40_000, interval: 500 }).toBe("");
  };

  for (const step of ["create-image", "record-request"]) {
    it(`create, before ${step}`, async () => {
      const name = uniqueName(step);
      if (step === "record-request") await leaveUnrecorded(name);
      else expect(await killed({ method: "create", of: name, capacity, killAt: { step, time: 1 } })).toBe("killed");
      const volume = await driver.createVolume({ name, capacity });
      expect(volume.state).toBe("available");
      expect((await driver.getVolume({ name })).id).toBe(volume.id);
      await driver.deleteVolume({ id: volume.id });
      await expectNothingLeft();
    });
  }

  it("create, before record-request, made again with another size", async () => {
    const name = uniqueName("resize");
    await leaveUnrecorded(name);
    const volume = await driver.createVolume({ name, capacity: { requiredBytes: 2 * MiB } });
    expect(volume.sizeBytes).toBe(2 * MiB);
    await driver.deleteVolume({ id: volume.id });
    await expectNothingLeft();
  });

  for (const step of ["give-image-up", "mark-doomed", "remove-doomed"]) {
    it(`create over an abandoned image of another size, before ${step}`, async () => {
      const name = uniqueName(step);
      await leaveUnrecorded(name);
      const other = { requiredBytes: 2 * MiB };
      expect(await killed({ method: "create", of: name, capacity: other, killAt: { step, time: 1 } })).toBe("killed");
      const missing = await driver.getVolume({ name }).catch((error: unknown) => error);
      expect(isSouthboundError(missing) && missing.reason).toBe("volume-not-found");
      const volume = await driver.createVolume({ name, capacity: other });
      expect(volume.sizeBytes).toBe(2 * MiB);
      await driver.deleteVolume({ id: volume.id });
      await expectNothingLeft();
    });
  }

  for (const step of ["close", "mark-doomed", "move-to-trash", "purge"]) {
    it(`delete, before ${step}`, async () => {
      const volume = await driver.createVolume({ name: uniqueName(step), capacity });
      expect(await killed({ method: "delete", of: volume.id, killAt: { step, time: 1 } })).toBe("killed");
      await driver.deleteVolume({ id: volume.id });
      await expectNothingLeft();
    });
  }

  it("delete, when its purge has taken the header and not yet the trash's entry", async () => {
    const name = uniqueName("headerless");
    const volume = await driver.createVolume({ name, capacity });
    const image = imageNameOf(name);
    const { id } = JSON.parse(await lab.rbd("info", "--image", image, "--format", "json")) as { readonly id: string };
    await lab.rbd("trash", "mv", "--image", image);
    await lab.rados("rm", `rbd_header.${id}`);
    await driver.deleteVolume({ id: volume.id });
    await expectNothingLeft();
    await driver.deleteVolume({ id: volume.id });
  });

  it("delete killed after it was decided, and the name created again: the delete is finished first", async () => {
    const name = uniqueName("decided");
    const volume = await driver.createVolume({ name, capacity });
    await killed({ method: "delete", of: volume.id, killAt: { step: "move-to-trash", time: 1 } });
    expect((await driver.getVolume({ id: volume.id })).state).toBe("deleting");
    const next = await driver.createVolume({ name, capacity });
    expect(next.id).not.toBe(volume.id);
    await driver.deleteVolume({ id: volume.id });
    expect((await driver.getVolume({ name })).id).toBe(next.id);
    await driver.deleteVolume({ id: next.id });
    await expectNothingLeft();
  });

  it("connect, before record-attachment", async () => {
    const volume = await driver.createVolume({ name: uniqueName("connect"), capacity });
    await killed({ method: "connect", of: volume.id, killAt: { step: "record-attachment", time: 1 } });
    const connector = { hostId: hostId("other"), hostName: "other", bootId: "boot" };
    const { attachment } = await driver.connectVolume({ volumeId: volume.id, connector });
    await driver.disconnectVolume({ volumeId: volume.id, attachmentId: attachment.id });
    await driver.deleteVolume({ id: volume.id });
    await expectNothingLeft();
  });

  it(`create and delete, at ${randomKills} moments by chance`, async () => {
    for (let round = 0; round < randomKills; round += 1) {
      const name = uniqueName(`chance-${round}`);
      await killed({ method: "create", of: name, capacity, killAfterMs: Math.random() * 300 });
      const volume = await driver.createVolume({ name, capacity });
      expect((await driver.createVolume({ name, capacity })).id).toBe(volume.id);
      await killed({ method: "delete", of: volume.id, killAfterMs: Math.random() * 600 });
      await driver.deleteVolume({ id: volume.id });
      const gone = await driver.getVolume({ id: volume.id }).catch((error: unknown) => error);
      expect(isSouthboundError(gone) && gone.code).toBe("NOT_FOUND");
    }
    await expectNothingLeft();
  });
});
