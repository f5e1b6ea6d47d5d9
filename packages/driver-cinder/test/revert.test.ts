import { requireFacets, snapshotId, volumeId } from "@opensds/core";
import { expect, it } from "vitest";
import { snapshotMetadata } from "../src/records/records.js";
import { volumeRow } from "./cloud-server.js";
import { ours, testClouds } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();

it("a revert that is repeated while a killed one's is under way waits for that, and asks for no other", async () => {
  const [id, snapshot] = ["11111111-d02e-4b1c-a971-bf44686cd943", "22222222-d02e-4b1c-a971-bf44686cd943"];
  const statuses = ["reverting", "reverting", "available"];
  const server = await cloudWith(({ path }) => {
    if (path === `/v3/p1/snapshots/${snapshot}`) {
      const metadata = snapshotMetadata({ name: "s", sourceVolumeId: volumeId(id) });
      return { status: 200, body: { snapshot: { id: snapshot, name: "s", status: "restoring", size: 1, volume_id: id, created_at: "2026-01-01T00:00:00.000000", metadata } } };
    }
    if (path === `/v3/p1/volumes/${id}`) return { status: 200, body: { volume: volumeRow({ id, size: 1, status: statuses.shift() ?? "available", metadata: ours("one") }) } };
    return undefined;
  });
  const opened = await driverOn(server);
  await opened.setup();
  const driver = requireFacets(opened, "snapshots");
  expect(await driver.snapshots.revertVolume({ volumeId: volumeId(id), snapshotId: snapshotId(snapshot) })).toMatchObject({ id, state: "available" });
  expect(server.received.filter(({ method, path }) => method === "POST" && path.includes("/volumes/"))).toEqual([]);
});
