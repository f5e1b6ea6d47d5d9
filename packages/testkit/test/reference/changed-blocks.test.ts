import { KiB, MiB, snapshotId, type ChangedBlocksRequest, type ChangedExtent, type SnapshotId, type VolumeId } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { context, failure, openDirectory, stores, temporaryDirectory, type Client } from "./support.js";

const block = 64 * KiB;

async function changed(client: Client, request: ChangedBlocksRequest, most = Infinity): Promise<ChangedExtent[]> {
  const { changedBlocks } = client.backend;
  if (changedBlocks === undefined) throw new Error("the facet is not there");
  const extents: ChangedExtent[] = [];
  for await (const extent of changedBlocks.listChangedBlocks(request, context("listChangedBlocks"))) {
    extents.push(extent);
    if (extents.length >= most) break;
  }
  return extents;
}

/** A volume, and two snapshots of it between which blocks were written and zeroed. */
async function prepare(): Promise<{ client: Client; volumeId: VolumeId; from: SnapshotId; to: SnapshotId }> {
  const client = await openDirectory(await temporaryDirectory());
  const { id } = await client.create("v", { sizeBytes: 12 * MiB });
  await client.write(id, "one", 0);
  await client.write(id, "two", 5 * MiB);
  const from = await client.snapshot("from", id);
  await client.write(id, "\0\0\0", 5 * MiB);
  await client.write(id, "x".repeat(3 * block), 4 * MiB - block);
  await client.write(id, "end", 12 * MiB - 3);
  const to = await client.snapshot("to", id);
  return { client, volumeId: id, from: from.id, to: to.id };
}

describe("changed blocks", () => {
  const written = [
    { offsetBytes: 4 * MiB - block, lengthBytes: block, exists: true },
    { offsetBytes: 4 * MiB, lengthBytes: 2 * block, exists: true },
  ];
  const zeroed = { offsetBytes: 5 * MiB, lengthBytes: block, exists: false };
  const last = { offsetBytes: 12 * MiB - block, lengthBytes: block, exists: true };

  it("are what differs between two snapshots, in order", async () => {
    const { client, volumeId, from, to } = await prepare();
    expect(await changed(client, { volumeId, fromSnapshotId: from, toSnapshotId: to })).toEqual([...written, zeroed, last]);
    expect(await changed(client, { volumeId, fromSnapshotId: to, toSnapshotId: to })).toEqual([]);
  });

  it("are what is written, without an older snapshot", async () => {
    const { client, volumeId, to } = await prepare();
    const first = { offsetBytes: 0, lengthBytes: block, exists: true };
    expect(await changed(client, { volumeId, toSnapshotId: to })).toEqual([first, ...written, last]);
  });

  it("go on from an offset, may be coarse, and may be left early", async () => {
    const { client, volumeId, from, to } = await prepare();
    const request = { volumeId, fromSnapshotId: from, toSnapshotId: to };
    const whole = await changed(client, request);
    for (let startOffsetBytes = 0; startOffsetBytes <= 12 * MiB; startOffsetBytes += block / 2) {
      const rest = whole.filter(({ offsetBytes, lengthBytes }) => offsetBytes + lengthBytes > startOffsetBytes);
      expect(await changed(client, { ...request, startOffsetBytes })).toEqual(rest);
    }
    const object = (index: number) => ({ offsetBytes: index * 4 * MiB, lengthBytes: 4 * MiB, exists: true });
    expect(await changed(client, { ...request, detail: "object" })).toEqual([0, 1, 2].map(object));
    expect(await changed(client, request, 1)).toEqual(whole.slice(0, 1));
  });

  it("need snapshots of that volume", async () => {
    const { client, volumeId, from, to } = await prepare();
    expect(await failure(changed(client, { volumeId, fromSnapshotId: to, toSnapshotId: from }))).toMatchObject({ code: "INVALID_ARGUMENT", reason: "snapshots-not-ordered" });
    const other = await client.create("other");
    expect(await failure(changed(client, { volumeId, toSnapshotId: snapshotId("x") }))).toMatchObject({ code: "NOT_FOUND", reason: "snapshot-not-found" });
    expect(await failure(changed(client, { volumeId: other.id, toSnapshotId: to }))).toMatchObject({ reason: "snapshot-of-other-volume" });
  });

  it("are not to be had in memory, which has no bytes", async () => {
    const client = await stores.find(({ store }) => store === "memory")?.open();
    expect(client?.backend.changedBlocks).toBeUndefined();
  });
});
