import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Operation } from "../../src/errors/operations.js";
import { readErrorText } from "../../src/legacy/error-text.js";
import type { LegacyDriver, LegacyReply } from "../../src/legacy/legacy-driver.js";
import { toLegacyDriver } from "../../src/legacy/to-legacy-driver.js";
import { volumeId } from "../../src/model/ids.js";
import { GiB, MiB } from "../../src/model/size.js";
import { createFakeDriver, type FakeDriver } from "./fake-driver.js";

let driver: FakeDriver;
let legacy: LegacyDriver;
let directory: string;

beforeEach(async () => {
  driver = createFakeDriver();
  legacy = toLegacyDriver(driver);
  directory = await realpath(await mkdtemp(join(tmpdir(), "legacy-")));
  await legacy.Setup();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const read = ([result, error]: LegacyReply): unknown => {
  expect(error).toBeNull();
  const value: unknown = JSON.parse(result);
  return value;
};
const failure = ([result, error]: LegacyReply): unknown => {
  expect(result).toBe("");
  return readErrorText(error ?? "");
};

describe("toLegacyDriver", () => {
  it("offers exactly the proposal's ten functions", () => {
    expect(Object.keys(legacy).sort()).toEqual(
      ["AttachVolume", "CreateVolume", "DeleteVolume", "DetachVolume", "GetAllVolumes", "GetVolume", "MountVolume", "Setup", "UnmountVolume", "Unset"],
    );
  });

  it("writes volumes as docks of v0.1 decode them", async () => {
    const created = read(await legacy.CreateVolume("vol a", "", 2));
    const expected = { id: "vol-1", name: "vol a", status: "available", size: 2, volume_type: "", attachments: [], size_bytes: 2 * GiB };
    expect(created).toMatchObject(expected);
    expect(read(await legacy.GetVolume("vol-1"))).toMatchObject(expected);
    expect(read(await legacy.GetAllVolumes(true))).toMatchObject([expected]);
  });

  it("writes an empty list as a list", async () => {
    expect(await legacy.GetAllVolumes(false)).toEqual(["[]", null]);
  });

  it("takes and gives sizes in the dock's unit, rounding up", async () => {
    const inMiB = toLegacyDriver(driver, { sizeUnit: "MiB" });
    expect(read(await inMiB.CreateVolume("m", "", 3))).toMatchObject({ size: 3, size_bytes: 3 * MiB });
    expect(read(await legacy.GetVolume("vol-1"))).toMatchObject({ size: 1, size_bytes: 3 * MiB });
    driver.volumes.set(volumeId("big"), { id: volumeId("big"), name: "big", sizeBytes: null, state: "available", parameters: {} });
    expect(read(await legacy.GetVolume("big"))).toMatchObject({ size: null, size_bytes: null });
  });

  it("tells of attachments in strings only, where details are asked for", async () => {
    await legacy.CreateVolume("a", "", 1);
    await legacy.AttachVolume("vol-1");
    const attachment = { volume_id: "vol-1", attachment_id: "att-vol-1", host_name: "node1", device: "/dev/fake3" };
    const details = read(await legacy.GetAllVolumes(true));
    expect(details).toMatchObject([{ attachments: [attachment] }]);
    expect(read(await legacy.GetAllVolumes(false))).toMatchObject([{ attachments: [] }]);
    expect(read(await legacy.GetVolume("vol-1"))).toMatchObject({ attachments: [attachment] });
  });

  it("refuses, ignores or hands on volType", async () => {
    expect(failure(await legacy.CreateVolume("a", "ssd", 1))).toMatchObject({ code: "INVALID_ARGUMENT", reason: "unknown-parameter" });
    expect(driver.volumes.size).toBe(0);
    expect(read(await toLegacyDriver(driver, { volumeType: "ignore" }).CreateVolume("a", "ssd", 1))).toMatchObject({ metadata: {} });
    const typed = toLegacyDriver(driver, { volumeType: { parameter: "type" } });
    expect(read(await typed.CreateVolume("b", "ssd", 1))).toMatchObject({ volume_type: "ssd", metadata: { type: "ssd" } });
  });

  it("keeps the contract's promises behind the strings", async () => {
    const first = await legacy.CreateVolume("a", "", 1);
    expect(await legacy.CreateVolume("a", "", 1)).toEqual(first);
    expect(failure(await legacy.CreateVolume("a", "", 2))).toMatchObject({ code: "ALREADY_EXISTS", info: { outcome: "none" } });
    expect(await legacy.DeleteVolume("vol-1")).toEqual(["Delete volume success!", null]);
    expect(await legacy.DeleteVolume("vol-1")).toEqual(["Delete volume success!", null]);
  });

  it("takes a volume through its life by device and directory", async () => {
    await legacy.CreateVolume("a", "", 1);
    const [device] = await legacy.AttachVolume("vol-1");
    expect(device).toBe("/dev/fake3");
    expect(await legacy.MountVolume(directory, device, "xfs")).toEqual(["Mount volume success!", null]);
    expect(driver.mounts.get(directory)).toMatchObject({ fsType: "xfs", volumeId: "vol-1" });
    expect(await legacy.UnmountVolume(directory)).toEqual(["Unmount volume success!", null]);
    expect(driver.mounts.size).toBe(0);
    expect(await legacy.DetachVolume(device)).toEqual(["Detach volume success!", null]);
    expect(driver.attachments.size).toBe(0);
    expect(await legacy.DetachVolume(device)).toEqual(["Detach volume success!", null]);
    expect(await legacy.UnmountVolume(directory)).toEqual(["Unmount volume success!", null]);
  });

  it("follows symbolic links to directories", async () => {
    await legacy.CreateVolume("a", "", 1);
    const [device] = await legacy.AttachVolume("vol-1");
    await legacy.MountVolume(directory, device, "");
    const link = `${directory}-link`;
    await symlink(directory, link);
    try {
      await legacy.UnmountVolume(link);
      expect(driver.mounts.size).toBe(0);
    } finally {
      await rm(link);
    }
  });

  it("refuses to mount what is not attached here, and other file systems", async () => {
    expect(failure(await legacy.MountVolume(directory, "/dev/sda", "ext4"))).toMatchObject({ code: "NOT_FOUND", reason: "attachment-not-found" });
    expect(failure(await legacy.MountVolume(directory, "/dev/fake3", "vfat"))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("finishes a detach whose device is gone already", async () => {
    await legacy.CreateVolume("a", "", 1);
    const [device] = await legacy.AttachVolume("vol-1");
    const attached = driver.attachments.get(volumeId("vol-1"));
    if (attached === undefined) throw new Error("not attached");
    driver.failNext("detachVolume", "UNAVAILABLE", "attachment-still-recorded", "the device is gone");
    expect(failure(await legacy.DetachVolume(device))).toMatchObject({ code: "UNAVAILABLE" });
    driver.attachments.set(volumeId("vol-1"), { ...attached, device: null });
    expect(await legacy.DetachVolume(device)).toEqual(["Detach volume success!", null]);
    expect(driver.attachments.size).toBe(0);
  });

  const calls: readonly [Operation, (legacy: LegacyDriver) => Promise<LegacyReply>][] = [
    ["setup", (one) => one.Setup()],
    ["unset", (one) => one.Unset()],
    ["createVolume", (one) => one.CreateVolume("b", "", 1)],
    ["getVolume", (one) => one.GetVolume("vol-1")],
    ["listVolumes", (one) => one.GetAllVolumes(true)],
    ["deleteVolume", (one) => one.DeleteVolume("vol-1")],
    ["attachVolume", (one) => one.AttachVolume("vol-1")],
    ["detachVolume", (one) => one.DetachVolume("/dev/fake3")],
    ["mountVolume", (one) => one.MountVolume(directory, "/dev/fake3", "ext4")],
    ["unmountVolume", (one) => one.UnmountVolume(directory)],
  ];
  it.each(calls)("answers the error of %s as its wire form, without secrets and causes", async (operation, call) => {
    await legacy.CreateVolume("a", "", 1);
    await legacy.AttachVolume("vol-1");
    if (operation === "unmountVolume") await legacy.MountVolume(directory, "/dev/fake3", "ext4");
    driver.failNext(operation, "UNAVAILABLE", "backend-unreachable", "no answer from http://admin:hunter2@mon1", {
      resource: "vol-1",
      details: { retryAfterMs: 250, password: "hunter2" },
      cause: new Error("rbd --key hunter2"),
    });
    const reply = await call(legacy);
    expect(failure(reply)).toEqual({
      code: "UNAVAILABLE",
      reason: "backend-unreachable",
      message: "no answer from http://[secret]@mon1",
      info: { recovery: "retry", outcome: "unknown", resource: "vol-1", details: { retryAfterMs: 250, password: "[secret]" } },
    });
    expect(reply[1]).not.toContain("hunter2");
    expect(JSON.parse(reply[1] ?? "")).toMatchObject({ name: "SouthboundError", operation, backend: "fake" });
  });

  it("answers what is no SouthboundError as INTERNAL", async () => {
    const broken = toLegacyDriver({ ...driver, getVolume: () => Promise.reject(new TypeError("secret=hunter2 boom")) });
    const reply = await broken.GetVolume("vol-1");
    expect(failure(reply)).toMatchObject({ code: "INTERNAL", reason: "unexpected-error", message: "secret=[secret]" });
  });
});
