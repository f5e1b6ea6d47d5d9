import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openBackends } from "../../src/backends/open-backends.js";
import { defineDriver } from "../../src/driver/define-driver.js";
import type { BackendManifest } from "../../src/driver/manifest.js";
import type { StandardSchema } from "../../src/driver/standard-schema.js";
import type { BackendConnectRequest, FacetedBackend, StorageBackend } from "../../src/driver/storage-backend.js";
import type { VolumeDriver } from "../../src/driver/volume-driver.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";
import { requireFacets, supports } from "../../src/facets/supports.js";
import { hostId, volumeId } from "../../src/model/ids.js";
import type { Volume, VolumeState } from "../../src/model/volume.js";

const anything: StandardSchema<object> = { "~standard": { version: 1, vendor: "test", validate: () => ({ value: {} }) } };

const manifest: BackendManifest = {
  kind: "fake",
  limits: { nameBytes: 128, granularityBytes: 1, minVolumeBytes: 1, maxVolumeBytes: 1024 },
  nameUniqueness: "guaranteed",
  accessModes: ["single-writer"],
  protocols: [],
  parameters: {},
};

const volume = (state: VolumeState): Volume => ({ id: volumeId("v1"), name: "n", sizeBytes: 8, state, parameters: {} });
const gone = (): Promise<never> => Promise.reject(new SouthboundError("NOT_FOUND", "volume-not-found", "no volume v1"));

const basic: StorageBackend = {
  manifest,
  createVolume: () => Promise.resolve(volume("available")),
  getVolume: () => Promise.resolve(volume("available")),
  listVolumePage: () => Promise.resolve({ items: [] }),
  deleteVolume: () => Promise.resolve(),
  connectVolume: gone,
  disconnectVolume: () => Promise.resolve(),
  listConnections: gone,
  readFormat: () => Promise.resolve(null),
  writeFormat: (request) => Promise.resolve(request.next),
  close: () => Promise.resolve(),
};

async function opened(backend: FacetedBackend, always: readonly "snapshots"[] = []): Promise<VolumeDriver> {
  // Untyped authors exist: what the compiler would refuse is made here without it.
  const definition = { ...defineDriver({ kind: "fake", config: anything, connect: () => Promise.resolve<StorageBackend>(backend) }), facets: { always, maybe: [] } };
  const backends = await openBackends({ backends: { b: { fake_driver: {} } } }, { drivers: [definition] });
  return backends.get("b");
}

const create = { name: "n", capacity: { requiredBytes: 8 } };

describe("a guarded driver", () => {
  it.each(["creating", "deleting", "error", "unknown"] as const)("does not pass a volume in state %s off as made", async (state) => {
    const driver = await opened({ ...basic, createVolume: () => Promise.resolve({ ...volume(state), stateReason: "disk died" }) });
    await driver.setup();
    await expect(driver.createVolume(create)).rejects.toMatchObject({ code: "INTERNAL", outcome: "applied", details: { volumeId: "v1" } });
  });

  it("refuses a mode that the manifest does not name before the backend hears of it", async () => {
    const driver = await opened(basic);
    await driver.setup();
    const attach = driver.attachVolume({ volumeId: volumeId("v1"), mode: "multi-writer" });
    await expect(attach).rejects.toMatchObject({ code: "UNIMPLEMENTED", reason: "mode-unsupported", outcome: "none" });
  });

  it("tells a backend the names that targets know the host by, and apart from what is recorded of it", async () => {
    const asked: BackendConnectRequest[] = [];
    const connectVolume = (request: BackendConnectRequest): Promise<never> => {
      asked.push(request);
      return gone();
    };
    const driver = await opened({ ...basic, connectVolume });
    await driver.setup();
    const recorded = { hostId: hostId("h"), hostName: "host", bootId: "boot" };
    const initiators = { iscsi: "iqn.1993-08.org.debian:01:9a", multipath: true };
    await expect(driver.connectVolume({ volumeId: volumeId("v1"), connector: { ...recorded, initiators } })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(driver.connectVolume({ volumeId: volumeId("v1"), connector: recorded })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(asked.map(({ connector, initiators: names }) => [connector, names])).toEqual([
      [recorded, initiators],
      [recorded, undefined],
    ]);
    const unnamed = driver.connectVolume({ volumeId: volumeId("v1"), connector: { ...recorded, initiators: { iscsi: "a b", multipath: false } } });
    await expect(unnamed).rejects.toMatchObject({ reason: "bad-request", outcome: "none" });
  });

  it("says that a volume which is gone has no mounts", async () => {
    const driver = await opened(basic);
    await driver.setup();
    await expect(driver.listMounts({ volumeId: volumeId("v1") })).resolves.toEqual([]);
  });

  it("says INTERNAL of what a driver returns against the contract", async () => {
    const broken = { ...volume("available"), sizeBytes: 1.5 };
    const driver = await opened({ ...basic, getVolume: () => Promise.resolve(broken) });
    await driver.setup();
    await expect(driver.getVolume({ id: volumeId("v1") })).rejects.toMatchObject({ reason: "driver-broke-contract", outcome: "none" });
  });

  it("can be closed, says so while it closes, and set up again", async () => {
    let answer: () => void = () => undefined;
    const driver = await opened({ ...basic, getVolume: () => new Promise((resolve) => (answer = () => resolve(volume("available")))) });
    await driver.setup();
    const running = driver.getVolume({ name: "n" });
    const closing = driver.unset();
    await sleep(1);
    await expect(driver.deleteVolume({ id: volumeId("v1") })).rejects.toMatchObject({ reason: "closing" });
    answer();
    await running;
    await closing;
    await expect(driver.deleteVolume({ id: volumeId("v1") })).rejects.toMatchObject({ reason: "not-set-up" });
    await driver.setup();
    await driver.deleteVolume({ id: volumeId("v1") });
  });

  it("ends calls that outlast the patience of unset", async () => {
    const driver = await opened({ ...basic, getVolume: () => new Promise(() => undefined) });
    await driver.setup();
    const running = driver.getVolume({ name: "n" });
    await expect(Promise.all([running, driver.unset({ timeoutMs: 100 })])).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("facets", () => {
  const snapshots: FacetedBackend["snapshots"] = {
    createSnapshot: gone,
    getSnapshot: gone,
    listSnapshotPage: () => Promise.resolve({ items: [] }),
    deleteSnapshot: () => Promise.resolve(),
    revertVolume: gone,
  };

  it("are there after setup, listed in the manifest, and gone after unset", async () => {
    const driver = await opened({ ...basic, snapshots }, ["snapshots"]);
    expect(supports(driver, "snapshots")).toBe(false);
    expect((await driver.setup()).facets).toEqual(["snapshots"]);
    const narrowed = requireFacets(driver, "snapshots");
    await expect(narrowed.snapshots.createSnapshot({ name: "s", sourceVolumeId: volumeId("v1") })).rejects.toMatchObject({
      code: "NOT_FOUND",
      operation: "createSnapshot",
      backend: "b",
    });
    await expect(narrowed.snapshots.createSnapshot({ name: "", sourceVolumeId: volumeId("v1") })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await driver.unset();
    expect(supports(driver, "snapshots")).toBe(false);
  });

  it("that are missing are named, with those that there are", async () => {
    const driver = await opened(basic);
    await driver.setup();
    expect(() => requireFacets(driver, "snapshots")).toThrow("has no snapshots; it has: none");
  });

  it("must be what the definition lists", async () => {
    await expect((await opened(basic, ["snapshots"])).setup()).rejects.toMatchObject({ code: "INTERNAL", reason: "driver-broke-contract" });
    await expect((await opened({ ...basic, snapshots })).setup()).rejects.toThrow("lists nowhere");
  });

  it("refuse a source where there is none to make volumes from", async () => {
    const driver = await opened(basic);
    await driver.setup();
    const request = { ...create, source: { kind: "volume", volumeId: volumeId("v0") } } as const;
    await expect(driver.createVolume(request)).rejects.toMatchObject({ code: "UNIMPLEMENTED", reason: "source-unsupported" });
  });
});
