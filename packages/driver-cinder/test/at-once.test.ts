import { GiB, hostId, requireFacets, volumeId, type Snapshot, type VolumeDriver } from "@opensds/core";
import * as v from "valibot";
import { beforeEach, describe, expect, it } from "vitest";
import { factsMetadata } from "../src/attachments/attachment-facts.js";
import { snapshotMetadata } from "../src/records/records.js";
import { volumeRow, type Received, type Reply } from "./cloud-server.js";
import { failureOf } from "./failure-of.js";
import { ours, testClouds } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();
const id = volumeId("11111111-d02e-4b1c-a971-bf44686cd943");
const address = `/v3/p1/volumes/${id}`;
const refusal: Reply = { status: 400, body: { badRequest: { code: 400, message: `Invalid volume: Volume status must be available and must not be migrating, attached, belong to a group, have snapshots.` } } };
const refusedSnapshot: Reply = { status: 400, body: { badRequest: { code: 400, message: "Invalid snapshot: Snapshot status must be available or error" } } };

/** What the cloud has: one volume of ours, perhaps with a snapshot, perhaps held by somebody. */
const there = { volume: true, group: null as string | null, snapshots: [] as { id: string; status: string }[], attachments: [] as object[] };
beforeEach(() => {
  Object.assign(there, { volume: true, group: null, snapshots: [], attachments: [] });
});

/** A driver on it, and what was asked of it; a test answers first. */
async function dock(answer: (request: Received) => Reply | undefined): Promise<{ readonly driver: VolumeDriver; readonly asked: (method: string, path: string) => number }> {
  const server = await cloudWith((request) => {
    const own = answer(request);
    if (own !== undefined) return own;
    const { method, path } = request;
    if (path === address && there.volume) {
      if (method === "DELETE") there.volume = false;
      return { status: 200, body: { volume: volumeRow({ id, status: there.attachments.length > 0 ? "reserved" : "available", group_id: there.group, metadata: ours("one") }) } };
    }
    if (path === "/v3/p1/snapshots/detail") {
      const rows = there.snapshots.map((one) => ({ ...one, size: 1, volume_id: id, created_at: "2026-01-01T00:00:00.000000", metadata: snapshotMetadata({ name: "s", sourceVolumeId: id }) }));
      return { status: 200, body: { snapshots: rows } };
    }
    if (path === "/v3/p1/messages") return { status: 200, body: { messages: [] } };
    if (path === "/v3/p1/attachments/detail") return { status: 200, body: { attachments: there.attachments } };
    if (method === "DELETE" && path.startsWith("/v3/p1/attachments/")) return { status: 200, body: { attachments: there.attachments.splice(0) } };
    return method === "DELETE" && path.startsWith(`${address}/metadata/`) ? { status: 200 } : undefined;
  });
  const driver = await driverOn(server, { qosTypes: { slow: { iops: 500 } }, ceph: [{ keyring: "/etc/ceph/k" }] });
  await driver.setup();
  return { driver, asked: (method, path) => server.received.filter((one) => one.method === method && one.path === path).length };
}

describe("a volume that somebody has for a moment", () => {
  it("is deleted when it is free again, and not said to have snapshots", async () => {
    let refusals = 1;
    const { driver, asked } = await dock(({ method, path }) => (method === "DELETE" && path === address && refusals-- > 0 ? refusal : undefined));
    await driver.deleteVolume({ id });
    expect(asked("DELETE", address)).toBe(2);
  });

  it("is not deleted where that does not pass, and Cinder's own words are told", async () => {
    const { driver, asked } = await dock(({ method, path }) => (method === "DELETE" && path === address ? refusal : undefined));
    const failure = await failureOf(driver.deleteVolume({ id }));
    expect(failure).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-not-ready", outcome: "none" });
    expect(failure.message).toContain("must not be migrating");
    expect(asked("DELETE", address)).toBe(3);
  });

  it("is told from one that has snapshots, or is in a group", async () => {
    const { driver, asked } = await dock(({ method, path }) => (method === "DELETE" && path === address ? refusal : undefined));
    there.snapshots = [{ id: "22222222-d02e-4b1c-a971-bf44686cd943", status: "available" }];
    expect(await failureOf(driver.deleteVolume({ id }))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-has-snapshots", outcome: "none" });
    there.group = "33333333-d02e-4b1c-a971-bf44686cd943";
    expect(await failureOf(driver.deleteVolume({ id }))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-group", outcome: "none" });
    expect(asked("DELETE", address)).toBe(2);
  });

  it("because it is only decided about is let go like any other", async () => {
    there.attachments = [{ id: "a1", status: "reserved", volume_id: id, instance: "09e45d50-0000-4000-8000-000000000001" }];
    const { driver, asked } = await dock(() => undefined);
    await driver.imports?.unmanageVolume({ id });
    expect([there.attachments, asked("DELETE", `${address}/metadata/opensds.v`) > 0]).toEqual([[], true]);
    there.attachments = [{ id: "a2", status: "reserved", volume_id: id, instance: null }];
    expect(await failureOf(driver.imports?.unmanageVolume({ id }) ?? Promise.resolve())).toMatchObject({ reason: "volume-in-use" });
  });
});

describe("a volume that a host is just getting", () => {
  it("is not let go, also where the host reserves it between the look and that", async () => {
    const facts = factsMetadata("a1", { mode: "single-writer", connector: { hostId: hostId("h"), hostName: "h", bootId: "b" }, attachedAt: "2026-01-01T00:00:00.000Z" });
    const row = { status: "available", metadata: { ...ours("one") } };
    const { driver } = await dock(({ method, path, body }) => {
      if (method === "DELETE" && path === `${address}/metadata/opensds.v`) {
        Reflect.deleteProperty(row.metadata, "opensds.v");
        there.attachments = [{ id: "a1", status: "reserved", volume_id: id, instance: null }];
        return { status: 200 };
      }
      if (method === "POST" && path === `${address}/metadata`) {
        Object.assign(row.metadata, v.parse(v.object({ metadata: v.record(v.string(), v.string()) }), body).metadata);
        return { status: 200, body: { metadata: {} } };
      }
      return path === address ? { status: 200, body: { volume: volumeRow({ id, ...row }) } } : undefined;
    });
    const { imports } = requireFacets(driver, "imports");
    expect(await failureOf(imports.unmanageVolume({ id }))).toMatchObject({ reason: "volume-in-use", outcome: "none" });
    expect(row.metadata).toEqual(ours("one"));

    // A process that was killed right after it had taken the mark away, and a host that wrote itself down meanwhile.
    Object.assign(row.metadata, facts);
    Reflect.deleteProperty(row.metadata, "opensds.v");
    expect(await failureOf(imports.unmanageVolume({ id }))).toMatchObject({ reason: "volume-in-use" });
    expect(row.metadata).toEqual({ ...ours("one"), ...facts });
  });

  it("is grown, and made one of another type, when the host has it", async () => {
    for (const [action, change] of [
      ["os-extend", (driver: VolumeDriver) => requireFacets(driver, "expansion").expansion.expandVolume({ id, capacity: { requiredBytes: 2 * GiB } })],
      ["os-retype", (driver: VolumeDriver) => requireFacets(driver, "qos").qos.modifyVolume({ id, qos: { iops: 500 } })],
    ] as const) {
      const row = { status: "attaching", size: 1, volume_type: "rbd" };
      let looks = 0;
      const { driver, asked } = await dock(({ method, path, body }) => {
        if (method === "GET" && path === address) {
          // The host has it after the look that follows the refusal.
          if (++looks === 3) row.status = "in-use";
          return { status: 200, body: { volume: volumeRow({ id, ...row, metadata: ours("one") }) } };
        }
        if (path !== `${address}/action` || !JSON.stringify(body).includes(action)) return undefined;
        if (row.status === "attaching") return { status: 400, body: { badRequest: { code: 400, message: "Invalid volume: Volume status must be 'in-use', currently attaching." } } };
        Object.assign(row, action === "os-extend" ? { size: 2 } : { volume_type: "slow" });
        return { status: 202 };
      });
      await change(driver);
      expect(asked("POST", `${address}/action`)).toBe(2);
    }
  });
});

describe("a connect whose reservation was taken for a dead process's", () => {
  it("begins anew, and leaves nothing of the first one's in the volume", async () => {
    const row = { status: "available", metadata: { ...ours("one") } };
    let reserved = 0;
    const info = { driver_volume_type: "rbd", name: "volumes/volume-1", hosts: ["127.0.0.1"], ports: ["6789"], auth_username: "cinder", access_mode: "rw" };
    const { driver } = await dock(({ method, path, body }) => {
      const [, key] = /\/metadata\/(.+)$/u.exec(path) ?? [];
      if (method === "POST" && path === "/v3/p1/attachments") return { status: 200, body: { attachment: { id: `a${++reserved}`, status: "reserved", volume_id: id, instance: null } } };
      if (path === "/v3/p1/attachments/a2") return { status: 200, body: { attachment: { id: "a2", status: "attaching", volume_id: id, instance: null, connection_info: info } } };
      if (path === "/v3/p1/attachments/a2/action") return { status: 204 };
      if (method === "POST" && path === `${address}/metadata`) Object.assign(row.metadata, v.parse(v.object({ metadata: v.record(v.string(), v.string()) }), body).metadata);
      if (method === "DELETE" && key !== undefined) Reflect.deleteProperty(row.metadata, key);
      if (path === address) return { status: 200, body: { volume: volumeRow({ id, ...row }) } };
      return path.startsWith(address) ? { status: 200, body: { metadata: {} } } : undefined;
    });
    const connector = { hostId: hostId("h"), hostName: "h", bootId: "b" };
    expect((await driver.connectVolume({ volumeId: id, connector })).attachment.id).toBe("a2");
    expect(Object.keys(row.metadata).filter((key) => key.startsWith("opensds.attachment."))).toEqual(["opensds.attachment.a2.0"]);
  });
});

describe("a snapshot that Cinder could not cut", () => {
  it("is told by all who asked for it, also who finds another removing it", async () => {
    const [snapshot] = (there.snapshots = [{ id: "22222222-d02e-4b1c-a971-bf44686cd943", status: "error" }]);
    const { driver, asked } = await dock(({ method, path }) => (method === "DELETE" && path.startsWith("/v3/p1/snapshots/") ? refusedSnapshot : undefined));
    const { snapshots } = requireFacets(driver, "snapshots");
    const cut: Promise<Snapshot> = snapshots.createSnapshot({ name: "s", sourceVolumeId: id });
    expect(await failureOf(cut)).toMatchObject({ code: "INTERNAL", reason: "snapshot-in-error" });
    expect(asked("DELETE", `/v3/p1/snapshots/${snapshot?.id ?? ""}`)).toBe(1);
  });
});
