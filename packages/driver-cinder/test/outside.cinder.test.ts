import { secret } from "@opensds/core";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { failureOf } from "./failure-of.js";
import { labDrivers } from "./live/drivers.js";
import { openLab } from "./live/lab.js";
import { outsider, rowsOf } from "./live/raw.js";

const prefix = `outside-${process.pid}-`;
const capacity = { requiredBytes: 1 };

const driverOf = labDrivers();

describe("seen by OpenStack's own clients", () => {
  it("a volume has its name, size and metadata, and one that they made is imported and read here", async () => {
    const [driver, cloud] = [await driverOf(), await outsider()];
    const name = `${prefix}seen ü`;
    const made = await driver.createVolume({ name, capacity: { requiredBytes: 2 ** 31 } });
    const [row] = await rowsOf(cloud, name);
    expect(row).toMatchObject({ id: made.id, name, size: 2, status: "available", metadata: { "opensds.v": "1" } });
    await cloud.cinder("POST", `/volumes/${made.id}/action`, { "os-extend": { new_size: 3 } });
    await expect.poll(async () => (await driver.getVolume({ id: made.id })).sizeBytes, { timeout: 30_000 }).toBe(3 * 2 ** 30);
    await driver.deleteVolume({ id: made.id });

    const theirs = v.parse(v.object({ volume: v.object({ id: v.string() }) }), await cloud.cinder("POST", "/volumes", { volume: { size: 1, name: `${prefix}theirs` } }));
    await expect.poll(async () => (await rowsOf(cloud, `${prefix}theirs`))[0]?.status, { timeout: 30_000 }).toBe("available");
    const imported = await driver.imports?.importVolume({ reference: theirs.volume.id, name: `${prefix}ours now` });
    expect(imported).toMatchObject({ id: theirs.volume.id, name: `${prefix}ours now`, state: "available" });
    await driver.deleteVolume({ id: imported?.id ?? made.id });
    await expect.poll(() => rowsOf(cloud, prefix), { timeout: 30_000 }).toEqual([]);
  });
});

describe("signed in otherwise", () => {
  it("by an application credential it works, and ends with bad-credentials when that is deleted", async () => {
    const cloud = await outsider();
    const credential = { application_credential: { name: `${prefix}${Date.now()}`, roles: [{ name: "member" }] } };
    const shape = v.object({ application_credential: v.object({ id: v.string(), secret: v.string() }) });
    const { id, secret: hidden } = v.parse(shape, await cloud.keystone("POST", `/users/${cloud.userId}/application_credentials`, credential)).application_credential;
    const options = { cloud: undefined, cloudsFile: undefined, auth: { type: "application-credential", authUrl: cloud.authUrl, id, secret: secret(hidden) } } as const;
    const driver = await driverOf("cinder", options);
    const made = await driver.createVolume({ name: `${prefix}credential`, capacity });
    await driver.deleteVolume({ id: made.id });
    await cloud.keystone("DELETE", `/users/${cloud.userId}/application_credentials/${id}`);
    const failure = await failureOf((await openLab("cinder", options)).setup());
    expect(failure).toMatchObject({ code: "UNAUTHENTICATED", reason: "bad-credentials" });
    expect(JSON.stringify(failure)).not.toContain(hidden);
  });

  it("at a Cinder without Keystone, and at the lowest version that setup accepts, it works", async () => {
    for (const [name, options, modes] of [
      ["cinder-noauth", {}, ["single-writer", "single-reader"]],
      ["cinder", { maxMicroversion: "3.44" }, ["single-writer"]],
    ] as const) {
      const driver = await driverOf(name, options);
      expect(driver.manifest.accessModes).toEqual(modes);
      const made = await driver.createVolume({ name: `${prefix}${name}`, capacity });
      const snapshot = await driver.snapshots?.createSnapshot({ name: `${prefix}${name}`, sourceVolumeId: made.id });
      if (snapshot !== undefined) await driver.snapshots?.deleteSnapshot({ id: snapshot.id });
      await driver.deleteVolume({ id: made.id });
    }
  });

  it("as an administrator it sees Cinder's pools, as a member its project's quota", async () => {
    const [member, admin] = [await driverOf(), await driverOf("cinder-admin")];
    expect((await member.pools?.listPools())?.map(({ name }) => name)).toEqual(["project demo"]);
    const [pool] = (await admin.pools?.listPools()) ?? [];
    expect(pool).toMatchObject({ name: "lab@rbd#rbd", total: { kind: "bytes" }, free: { kind: "bytes" } });
  });

  it("in another project it neither sees nor touches the first one's volumes", async () => {
    const [first, other] = [await driverOf(), await driverOf("cinder-other")];
    const made = await first.createVolume({ name: `${prefix}apart`, capacity });
    expect((await failureOf(other.getVolume({ id: made.id }))).code).toBe("NOT_FOUND");
    await other.deleteVolume({ id: made.id });
    expect((await first.getVolume({ id: made.id })).state).toBe("available");
    await first.deleteVolume({ id: made.id });
  });
});
