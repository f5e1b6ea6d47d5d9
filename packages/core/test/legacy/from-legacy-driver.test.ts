import { describe, expect, it, vi } from "vitest";
import { fromLegacyDriver, type FromLegacyOptions, type LiftedBackend } from "../../src/legacy/from-legacy-driver.js";
import type { LegacyDriver, LegacyReply } from "../../src/legacy/legacy-driver.js";
import { hostId, volumeId } from "../../src/model/ids.js";
import { GiB, MiB } from "../../src/model/size.js";
import { containing, contextOf } from "./call-context.js";

interface OldVolume {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly size: number;
  readonly volume_type?: string;
  readonly attachments?: readonly Readonly<Record<string, string>>[] | null;
}

/** A legacy driver as they were: names not unique, delete of nothing an error, statuses in its own words. */
function oldDriver(volumes: OldVolume[] = [], replies: Partial<Record<keyof LegacyDriver, () => unknown>> = {}) {
  let made = 0;
  const ok = (result: string): Promise<LegacyReply> => Promise.resolve([result, null]);
  const fail = (error: string): Promise<LegacyReply> => Promise.resolve(["", error]);
  const legacy: LegacyDriver = {
    Setup: () => ok(""),
    Unset: () => ok(""),
    CreateVolume: (name, volType, size) => {
      made += 1;
      const volume = { id: `old-${made}`, name, status: "available", size, volume_type: volType, attachments: null };
      volumes.push(volume);
      return ok(JSON.stringify(volume));
    },
    GetVolume: (id) => {
      const found = volumes.find((one) => one.id === id);
      return found === undefined ? fail("RBD image not found") : ok(JSON.stringify(found));
    },
    GetAllVolumes: () => ok(volumes.length === 0 ? "null" : JSON.stringify(volumes)),
    DeleteVolume: (id) => {
      const index = volumes.findIndex((one) => one.id === id);
      if (index < 0) return fail("RBD image not found");
      volumes.splice(index, 1);
      return ok("Delete volume success!");
    },
    AttachVolume: () => ok("/dev/rbd0"),
    DetachVolume: () => ok("Detach volume success!"),
    MountVolume: () => ok("Mount volume success!"),
    UnmountVolume: () => ok("Unmount volume success!"),
  };
  for (const [name, reply] of Object.entries(replies)) Object.assign(legacy, { [name]: reply });
  return { legacy, volumes };
}

const lift = (legacy: LegacyDriver, options: Partial<FromLegacyOptions<"old">> = {}): Promise<LiftedBackend> =>
  fromLegacyDriver(legacy, { kind: "old", sizeUnit: "MiB", pollMs: 1, ...options }).connect({}, contextOf("setup"));

const request = (name: string, sizeMiB = 1) => ({
  name,
  sizeBytes: sizeMiB * MiB,
  capacity: { requiredBytes: sizeMiB * MiB, limitBytes: null },
  parameters: {},
});
const a: OldVolume = { id: "1", name: "a", status: "available", size: 1 };

describe("fromLegacyDriver", () => {
  it("creates once per name, whatever the driver does", async () => {
    const { legacy, volumes } = oldDriver();
    const backend = await lift(legacy);
    const first = await backend.createVolume(request("a"), contextOf("createVolume"));
    expect(first).toEqual({ id: "old-1", name: "a", sizeBytes: MiB, state: "available", parameters: {} });
    expect(await backend.createVolume(request("a"), contextOf("createVolume"))).toEqual(first);
    expect(volumes).toHaveLength(1);
    await expect(backend.createVolume(request("a", 2), contextOf("createVolume"))).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "volume-exists",
      outcome: "none",
    });
  });

  it("says so when two volumes have the name, and deletes neither", async () => {
    const { legacy, volumes } = oldDriver();
    const backend = await lift({
      ...legacy,
      CreateVolume: (name, volType, size) => {
        volumes.push({ id: "of-another-dock", name, status: "available", size });
        return legacy.CreateVolume(name, volType, size);
      },
    });
    const twice = { code: "FAILED_PRECONDITION", reason: "name-not-unique", recovery: "operator", details: { volumeIds: ["of-another-dock", "old-1"] } };
    await expect(backend.createVolume(request("a"), contextOf("createVolume"))).rejects.toMatchObject({ ...twice, outcome: "applied" });
    await expect(backend.createVolume(request("a"), contextOf("createVolume"))).rejects.toMatchObject({ ...twice, outcome: "none" });
    await expect(backend.getVolume({ name: "a" }, contextOf("getVolume"))).rejects.toMatchObject(twice);
    expect(volumes).toHaveLength(2);
  });

  it("waits until a volume is made, and never returns one in error", async () => {
    const statuses = ["creating", "creating", "available"];
    const { legacy } = oldDriver();
    const creating = (): Promise<LegacyReply> => Promise.resolve([JSON.stringify({ ...a, status: "creating" }), null]);
    const turning = (): Promise<LegacyReply> => Promise.resolve([JSON.stringify({ ...a, status: statuses.shift() }), null]);
    const backend = await lift({ ...legacy, CreateVolume: creating, GetVolume: turning });
    expect(await backend.createVolume(request("a"), contextOf("createVolume"))).toMatchObject({ state: "available" });

    const failing = await lift({ ...legacy, CreateVolume: () => Promise.resolve([JSON.stringify({ ...a, status: "error" }), null]) });
    await expect(failing.createVolume(request("a"), contextOf("createVolume"))).rejects.toMatchObject({ code: "INTERNAL", reason: "volume-in-error", outcome: "applied" });
    const stuck = await lift(oldDriver([{ ...a, status: "errorDeleting" }]).legacy);
    await expect(stuck.createVolume(request("a"), contextOf("createVolume"))).rejects.toMatchObject({ reason: "volume-in-error", outcome: "none" });
    const going = await lift(oldDriver([{ ...a, status: "deleting" }]).legacy);
    await expect(going.createVolume(request("a"), contextOf("createVolume"))).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("stops waiting when the call ends", async () => {
    const { legacy } = oldDriver([{ ...a, status: "creating" }]);
    const backend = await lift(legacy);
    await expect(backend.createVolume(request("a"), contextOf("createVolume", AbortSignal.timeout(30)))).rejects.toMatchObject({ name: "AbortError" });
  });

  it("refuses a volume that is not what it asked for", async () => {
    const { legacy } = oldDriver();
    const other = await lift({ ...legacy, CreateVolume: () => Promise.resolve([JSON.stringify({ ...a, name: "b" }), null]) });
    await expect(other.createVolume(request("a"), contextOf("createVolume"))).rejects.toMatchObject({ reason: "legacy-wrong-volume", outcome: "applied" });
  });

  it("hands the type on, and compares it on a replay", async () => {
    const { legacy, volumes } = oldDriver();
    const backend = await lift(legacy, { volumeTypeParameter: "type" });
    expect(Object.keys(backend.manifest.parameters)).toEqual(["type"]);
    const typed = { ...request("a"), parameters: { type: "ssd" } };
    expect(await backend.createVolume(typed, contextOf("createVolume"))).toMatchObject({ parameters: { type: "ssd" } });
    expect(volumes[0]?.volume_type).toBe("ssd");
    const wrong = backend.createVolume({ ...typed, parameters: { type: "hdd" } }, contextOf("createVolume"));
    await expect(wrong).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  });

  it("gets by id and by name", async () => {
    const backend = await lift(oldDriver([a, { ...a, id: "2", name: "b", status: "inUse" }]).legacy);
    expect(await backend.getVolume({ id: volumeId("2") }, contextOf("getVolume"))).toMatchObject({ name: "b", state: "in-use" });
    expect(await backend.getVolume({ name: "a" }, contextOf("getVolume"))).toMatchObject({ id: "1" });
    for (const missing of [{ id: volumeId("9") }, { name: "z" }]) {
      await expect(backend.getVolume(missing, contextOf("getVolume"))).rejects.toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found" });
    }
  });

  it("asks the list whether a volume is there when the error string says nothing", async () => {
    const backend = await lift(oldDriver([a], { GetVolume: () => ["", "E_WHATEVER"] }).legacy);
    await expect(backend.getVolume({ id: volumeId("9") }, contextOf("getVolume"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(backend.getVolume({ id: volumeId("1") }, contextOf("getVolume"))).rejects.toMatchObject({ code: "INTERNAL", reason: "legacy-error" });
  });

  it("lists in pages whose tokens are good after a restart and after a deletion", async () => {
    const volumes = ["5", "1", "4", "2", "3"].map((id) => ({ ...a, id, name: `n${id}` }));
    const { legacy } = oldDriver(volumes);
    const first = await (await lift(legacy)).listVolumePage({ pageSize: 2 }, contextOf("listVolumes"));
    expect(first.items.map(({ id }) => id)).toEqual(["1", "2"]);
    volumes.splice(volumes.findIndex(({ id }) => id === "2"), 1);
    const backend = await lift(legacy);
    const second = await backend.listVolumePage({ pageSize: 2, token: first.nextToken }, contextOf("listVolumes"));
    const third = await backend.listVolumePage({ pageSize: 2, token: second.nextToken }, contextOf("listVolumes"));
    expect([...second.items, ...third.items].map(({ id }) => id)).toEqual(["3", "4", "5"]);
    expect(third.nextToken).toBeUndefined();
    await expect(backend.listVolumePage({ pageSize: 2, token: "nonsense" }, contextOf("listVolumes"))).rejects.toMatchObject({ code: "ABORTED", reason: "bad-token" });
  });

  it("deletes what is there, and succeeds on nothing", async () => {
    const { legacy, volumes } = oldDriver([{ ...a }]);
    const backend = await lift(legacy);
    await backend.deleteVolume({ id: volumeId("1") }, contextOf("deleteVolume"));
    expect(volumes).toEqual([]);
    await backend.deleteVolume({ id: volumeId("1") }, contextOf("deleteVolume"));
  });

  it.each([
    { ...a, status: "inUse" },
    { ...a, attachments: [{ host_name: "node2" }] },
  ])("does not delete a volume that is in use: %o", async (volume) => {
    const { legacy, volumes } = oldDriver([volume]);
    const DeleteVolume = vi.fn((id: string) => legacy.DeleteVolume(id));
    const backend = await lift({ ...legacy, DeleteVolume });
    const deletion = backend.deleteVolume({ id: volumeId("1") }, contextOf("deleteVolume"));
    await expect(deletion).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-use", outcome: "none" });
    expect(DeleteVolume).not.toHaveBeenCalled();
    expect(volumes).toHaveLength(1);
  });

  it("takes the list's word, not the error string's, for whether a volume is gone", async () => {
    const there = oldDriver([{ ...a }], { DeleteVolume: () => ["", "keyring: RBD image not found"] });
    await expect((await lift(there.legacy)).deleteVolume({ id: volumeId("1") }, contextOf("deleteVolume"))).rejects.toMatchObject({ code: "INTERNAL" });
    const gone = oldDriver([{ ...a }]);
    const DeleteVolume = (): Promise<LegacyReply> => {
      gone.volumes.length = 0;
      return Promise.resolve(["", "reply lost"]);
    };
    await (await lift({ ...gone.legacy, DeleteVolume })).deleteVolume({ id: volumeId("1") }, contextOf("deleteVolume"));
  });

  it("waits until a deleted volume is gone, and tells of one that ends in error", async () => {
    const volumes: OldVolume[] = [{ ...a }];
    const { legacy } = oldDriver(volumes);
    let looks = 0;
    const backend = await lift({
      ...legacy,
      DeleteVolume: () => {
        volumes.splice(0, 1, { ...a, status: "deleting" });
        return Promise.resolve(["Delete volume success!", null]);
      },
      GetAllVolumes: (details) => {
        looks += 1;
        if (looks === 5) volumes.splice(0, 1, { ...a, status: "errorDeleting" });
        return legacy.GetAllVolumes(details);
      },
    });
    await expect(backend.deleteVolume({ id: volumeId("1") }, contextOf("deleteVolume"))).rejects.toMatchObject({
      code: "INTERNAL",
      reason: "volume-in-error",
      message: containing("errorDeleting"),
    });
    expect(looks).toBe(5);
  });

  it("makes no connections and says why", async () => {
    const backend = await lift(oldDriver([a]).legacy);
    expect(backend.manifest).toMatchObject({ protocols: [], accessModes: [], nameUniqueness: "best-effort" });
    const connector = { hostId: hostId("h"), hostName: "h", bootId: "b" };
    const connection = backend.connectVolume({ volumeId: volumeId("1"), mode: "single-writer", connector }, contextOf("connectVolume"));
    await expect(connection).rejects.toMatchObject({ code: "UNIMPLEMENTED", reason: "no-attach-method", outcome: "none" });
    expect(await backend.listConnections({ volumeId: volumeId("1") }, contextOf("listAttachments"))).toEqual([]);
    await expect(backend.listConnections({ volumeId: volumeId("9") }, contextOf("listAttachments"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("proves at setup that the driver works, and closes it again when it does not", async () => {
    const Unset = vi.fn(() => Promise.resolve<LegacyReply>(["", null]));
    await expect(lift({ ...oldDriver().legacy, Setup: () => Promise.resolve(["", "response == 401 unauthorised"]) })).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      operation: "setup",
    });
    const broken = oldDriver([], { GetAllVolumes: () => ["", "dial tcp 10.0.0.1:5000: connection refused"] }).legacy;
    await expect(lift({ ...broken, Unset })).rejects.toMatchObject({ code: "UNAVAILABLE", recovery: "retry" });
    expect(Unset).toHaveBeenCalledOnce();
  });

  it("takes Go's Setup and Unset, which answer nothing, and tells of an Unset that fails", async () => {
    const silent = await lift(oldDriver([], { Setup: () => undefined, Unset: () => undefined }).legacy);
    await silent.close();
    const failing = await lift(oldDriver([], { Unset: () => ["", "password=hunter2"] }).legacy);
    await expect(failing.close()).rejects.toMatchObject({ code: "INTERNAL", reason: "legacy-error", message: 'Unset: "password=[secret]"' });
  });

  it("reads sizes in the unit it was told, and refuses options in the backends file", async () => {
    const backend = await lift(oldDriver([a]).legacy, { sizeUnit: "GiB", maxVolumeBytes: 5.5 * GiB });
    expect(await backend.getVolume({ name: "a" }, contextOf("getVolume"))).toMatchObject({ sizeBytes: GiB });
    expect(backend.manifest.limits).toEqual({ nameBytes: 128, granularityBytes: GiB, minVolumeBytes: GiB, maxVolumeBytes: 5 * GiB });
    const { config } = fromLegacyDriver(oldDriver().legacy, { kind: "old", sizeUnit: "GiB" });
    expect(await config["~standard"].validate({ pool: "x" })).toMatchObject({ issues: [{ path: [{ key: "pool" }] }] });
    expect(await config["~standard"].validate({})).toMatchObject({ value: {} });
  });
});
