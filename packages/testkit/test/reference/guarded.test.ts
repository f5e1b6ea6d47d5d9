import { facetNames, MiB, openBackends, requireFacets } from "@opensds/core";
import { reference } from "@opensds/testkit/reference";
import { describe, expect, it } from "vitest";
import { failure, temporaryDirectory } from "./support.js";

async function open(config: Record<string, unknown>) {
  const backends = await openBackends({ backends: { ssd: { reference_driver: config } } }, { drivers: [reference] });
  const driver = backends.get("ssd");
  await driver.setup();
  return driver;
}

describe("the reference driver as a dock sees it", () => {
  it("has the facets that its files, its memory and its configuration allow", async () => {
    const { manifest } = await open({ dir: await temporaryDirectory(), trash: true });
    expect(manifest.facets).toEqual(facetNames.filter((name) => name !== "qos"));
    const memory = await open({ store: "memory", name: "guarded" });
    expect(memory.manifest.facets).toEqual(["snapshots", "sources", "expansion", "pools", "groups", "health", "reconciliation", "doctor"]);
    expect(await failure(Promise.resolve().then(() => requireFacets(memory, "fencing")))).toMatchObject({ reason: "no-such-facet" });
  });

  it("keeps to the contract in what each facet returns", async () => {
    const opened = await open({ dir: await temporaryDirectory(), trash: true });
    const driver = requireFacets(opened, ...facetNames.filter((name) => name !== "qos"));
    const volume = await driver.createVolume({ name: "v", capacity: { requiredBytes: MiB } });
    const snapshot = await driver.snapshots.createSnapshot({ name: "s", sourceVolumeId: volume.id });
    const source = { kind: "snapshot", snapshotId: snapshot.id } as const;
    await driver.createVolume({ name: "clone", capacity: { requiredBytes: 2 * MiB }, source });
    const group = await driver.groups.createGroup({ name: "g", volumeIds: [volume.id] });
    await driver.groups.createGroupSnapshot({ name: "gs", groupId: group.id });
    for await (const { id } of driver.snapshots.listSnapshots({ sourceVolumeId: volume.id })) {
      await driver.snapshots.revertVolume({ volumeId: volume.id, snapshotId: id });
      for await (const extent of driver.changedBlocks.listChangedBlocks({ volumeId: volume.id, toSnapshotId: id })) expect(extent).toBeUndefined();
    }
    expect(await driver.expansion.expandVolume({ id: volume.id, capacity: { requiredBytes: 3 * MiB } })).toMatchObject({ hostStep: "none" });
    expect(await driver.pools.listPools()).toHaveLength(1);
    expect(await driver.health.getHealth({ id: volume.id })).toMatchObject({ condition: "healthy" });
    expect(await driver.reconciliation.reconcile({ repair: true })).toEqual([]);
    expect((await driver.doctor.examine()).length).toBeGreaterThan(0);
    await driver.groups.updateGroup({ id: group.id, remove: [volume.id] });
    await driver.deleteVolume({ id: volume.id });
    for await (const { id } of driver.trash.listTrash()) expect((await driver.trash.undeleteVolume({ id })).name).toBe("v");
    await driver.imports.unmanageVolume({ id: volume.id });
    for await (const { reference: file } of driver.imports.listImportable()) await driver.imports.importVolume({ reference: file, name: "again" });
    expect(await driver.getVolume({ name: "again" })).toMatchObject({ sizeBytes: 3 * MiB });
    await driver.unset();
  });
});
