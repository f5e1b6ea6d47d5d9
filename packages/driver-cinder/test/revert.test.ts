import { requireFacets, snapshotId, volumeId } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { snapshotMetadata } from "../src/records/records.js";
import { volumeRow, type Reply } from "./cloud-server.js";
import { failureOf } from "./failure-of.js";
import { ours, testClouds } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();
const [id, snapshot] = ["11111111-d02e-4b1c-a971-bf44686cd943", "22222222-d02e-4b1c-a971-bf44686cd943"];

const latest = (status: number, message: string): Reply => ({ status, body: { fault: { code: status, message } } });
const busy = latest(409, `Invalid volume: Can't revert volume ${id} to its latest snapshot ${snapshot}. Volume's status must be 'available'.`);

/** A volume with a snapshot: its states at each look, the last one staying, and what Cinder answers to each revert. */
async function cloudOf(looks: { readonly volume: string[]; readonly snapshot?: string[] }, answers: readonly Reply[] = []) {
  const left = [...answers];
  const next = (states: string[]): string => (states.length > 1 ? states.shift() : states[0]) ?? "available";
  const proposals = [{ id: "a1", status: "reserved", volume_id: id, instance: "09e45d50-0000-4000-8000-000000000001" }];
  const server = await cloudWith(({ method, path }) => {
    if (path === `/v3/p1/snapshots/${snapshot}`) {
      const metadata = snapshotMetadata({ name: "s", sourceVolumeId: volumeId(id) });
      return { status: 200, body: { snapshot: { id: snapshot, name: "s", status: next(looks.snapshot ?? []), size: 1, volume_id: id, created_at: "2026-01-01T00:00:00.000000", metadata } } };
    }
    if (path === `/v3/p1/volumes/${id}`) return { status: 200, body: { volume: volumeRow({ id, size: 1, status: next(looks.volume), metadata: ours("one") }) } };
    if (path === `/v3/p1/volumes/${id}/action`) return left.shift() ?? { status: 202 };
    if (path === "/v3/p1/attachments/detail") return { status: 200, body: { attachments: proposals } };
    if (method === "DELETE" && path === "/v3/p1/attachments/a1") return { status: 200, body: { attachments: proposals.splice(0) } };
    return undefined;
  });
  const opened = await driverOn(server);
  await opened.setup();
  const driver = requireFacets(opened, "snapshots");
  const revert = () => driver.snapshots.revertVolume({ volumeId: volumeId(id), snapshotId: snapshotId(snapshot) });
  const asked = (): number => server.received.filter(({ path }) => path.endsWith("/action")).length;
  return { revert, asked };
}

describe("a revert", () => {
  it("that is repeated while a killed one's is under way waits for that, and asks for no other", async () => {
    const { revert, asked } = await cloudOf({ volume: ["reverting", "reverting", "available"], snapshot: ["restoring", "available"] });
    expect(await revert()).toMatchObject({ id, state: "available" });
    expect(asked()).toBe(0);
  });

  it("waits for another's that began after the look, though Cinder speaks of the latest snapshot", async () => {
    const { revert, asked } = await cloudOf({ volume: ["available", "reverting", "reverting", "available"], snapshot: ["available", "restoring", "restoring", "available"] }, [busy]);
    expect(await revert()).toMatchObject({ id, state: "available" });
    expect(asked()).toBe(1);
  });

  it("is over when the snapshot is ready too, to be cloned from and cut", async () => {
    const snapshot = ["available", "restoring", "restoring", "available"];
    const { revert } = await cloudOf({ volume: ["available"], snapshot });
    expect(await revert()).toMatchObject({ id, state: "available" });
    expect(snapshot).toEqual(["available"]);
  });

  it("is asked for when one to another snapshot is over", async () => {
    const { revert, asked } = await cloudOf({ volume: ["reverting", "reverting", "available"] });
    expect(await revert()).toMatchObject({ id, state: "available" });
    expect(asked()).toBe(1);
  });

  it("waits for what is only decided about", async () => {
    const { revert, asked } = await cloudOf({ volume: ["reserved", "reserved", "available"] });
    expect(await revert()).toMatchObject({ id, state: "available" });
    expect(asked()).toBe(1);
  });

  it("is refused where Cinder does not do it for a reason of its own, or has a later snapshot", async () => {
    const { revert } = await cloudOf({ volume: ["available"] }, [busy, latest(400, `Specified snapshot ${snapshot} is None or not the latest one of volume ${id}.`)]);
    expect(await failureOf(revert())).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-not-ready" });
    expect(await failureOf(revert())).toMatchObject({ code: "FAILED_PRECONDITION", reason: "snapshot-not-revertible" });
  });
});
