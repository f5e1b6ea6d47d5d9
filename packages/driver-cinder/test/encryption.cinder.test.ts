import { GiB, requireFacets } from "@opensds/core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { failureOf } from "./failure-of.js";
import { labDrivers } from "./live/drivers.js";
import { outsider, rowsOf } from "./live/raw.js";

const prefix = `encrypted-${process.pid}-`;
const driverOf = labDrivers();

describe("a volume of a type that encrypts", () => {
  it("is made, listed, cut, cloned, grown and deleted, and refused to hosts with nothing reserved", async () => {
    const driver = requireFacets(await driverOf(), "snapshots", "sources", "expansion");
    const cloud = await outsider();
    const request = { name: `${prefix}one`, capacity: { requiredBytes: GiB }, parameters: { volumeType: "rbd-encrypted" } };
    const made = await driver.createVolume(request);
    expect(made).toMatchObject({ state: "available", sizeBytes: GiB, parameters: request.parameters });
    expect(await driver.createVolume(request)).toEqual(made);
    const encryption = v.parse(v.object({ provider: v.string(), encryption_key_id: v.string() }), await cloud.cinder("GET", `/volumes/${made.id}/encryption`));
    expect(encryption.provider).toBe("luks");
    const listed: string[] = [];
    for await (const { id } of driver.listVolumes()) if (id === made.id) listed.push(id);
    expect(listed).toEqual([made.id]);

    const snapshot = await driver.snapshots.createSnapshot({ name: `${prefix}cut`, sourceVolumeId: made.id });
    const clone = await driver.createVolume({ name: `${prefix}clone`, capacity: { requiredBytes: GiB }, source: { kind: "snapshot", snapshotId: snapshot.id } });
    expect((await driver.expansion.expandVolume({ id: clone.id, capacity: { requiredBytes: 2 * GiB } })).volume.sizeBytes).toBe(2 * GiB);

    for (const id of [made.id, clone.id]) {
      const failure = await failureOf(driver.attachVolume({ volumeId: id }));
      expect(failure).toMatchObject({ code: "FAILED_PRECONDITION", reason: "no-attach-method", outcome: "none", recovery: "operator" });
      expect(failure.message).toContain("rbd-encrypted");
      expect(v.parse(v.object({ attachments: v.array(v.unknown()) }), await cloud.cinder("GET", `/attachments?volume_id=${id}`)).attachments).toEqual([]);
    }
    expect((await driver.getVolume({ id: made.id })).state).toBe("available");

    await driver.deleteVolume({ id: clone.id });
    await driver.snapshots.deleteSnapshot({ id: snapshot.id });
    await driver.deleteVolume({ id: made.id });
    await expect.poll(() => rowsOf(cloud, prefix), { timeout: 30_000 }).toEqual([]);
  });
});
