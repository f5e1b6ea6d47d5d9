import { volumeId, type VolumeDriver } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { volumeRow } from "./cloud-server.js";
import { failureOf } from "./failure-of.js";
import { ours, testClouds } from "./test-clouds.js";

const { cloudWith, driverOn } = testClouds();

describe("limits", () => {
  const id = "d48701bf-d02e-4b1c-a971-bf44686cd943";
  const qosTypes = { gold: { iops: 5_000, bytesPerSecond: 2 ** 20 }, silver: { iops: 500 } };

  /** A Cinder that makes a volume one of another type, unless its type is bronze. */
  async function limited(type: string): Promise<{ readonly driver: VolumeDriver; readonly retyped: unknown[] }> {
    const retyped: unknown[] = [];
    let [now, status] = [type, "available"];
    const server = await cloudWith(({ method, path, body }) => {
      if (path === "/v3/p1/types/default") return { status: 200, body: { volume_type: { name: "plain" } } };
      if (method === "POST" && path === `/v3/p1/volumes/${id}/action`) {
        retyped.push(body);
        status = "retyping";
        return { status: 202 };
      }
      if (path !== `/v3/p1/volumes/${id}`) return path === "/v3/p1/messages" ? { status: 200, body: { messages: [] } } : undefined;
      const row = volumeRow({ id, status, volume_type: now, metadata: ours("one") });
      if (status === "retyping") {
        status = "available";
        if (now !== "bronze") now = /"new_type":"(\w+)"/u.exec(JSON.stringify(retyped.at(-1)))?.[1] ?? now;
      }
      return { status: 200, body: { volume: row } };
    });
    const driver = await driverOn(server, { qosTypes });
    await driver.setup();
    return { driver, retyped };
  }

  it("are those of the volume's type, and are changed by making it one of another", async () => {
    const { driver, retyped } = await limited("plain");
    expect(await driver.qos?.getQos({ id: volumeId(id) })).toEqual({});
    expect(await driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: 500 } })).toEqual({ iops: 500 });
    expect(await driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: 500 } })).toEqual({ iops: 500 });
    expect(await driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: 5_000, bytesPerSecond: 2 ** 20 } })).toEqual(qosTypes.gold);
    expect(await driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: null, bytesPerSecond: null } })).toEqual({});
    expect(retyped).toEqual(["silver", "gold", "plain"].map((type) => ({ "os-retype": { new_type: type, migration_policy: "never" } })));
  });

  it("that no type has are refused with those that there are, and nothing is asked of Cinder", async () => {
    const { driver, retyped } = await limited("silver");
    const failure = await failureOf(driver.qos?.modifyVolume({ id: volumeId(id), qos: { bytesPerSecond: 2 ** 20 } }) ?? Promise.resolve());
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", reason: "qos-unsupported", outcome: "none" });
    expect(failure.message).toContain('gold ({"iops":5000,"bytesPerSecond":1048576})');
    expect(retyped).toEqual([]);
  });

  it("above those of every type are out of range", async () => {
    const { driver, retyped } = await limited("silver");
    const failure = await failureOf(driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: 5_001 } }) ?? Promise.resolve());
    expect(failure).toMatchObject({ code: "OUT_OF_RANGE", reason: "qos-out-of-range", outcome: "none", details: { limit: "iops", largest: 5_000 } });
    expect(retyped).toEqual([]);
  });

  it("that Cinder took on and did not set are no success", async () => {
    const { driver } = await limited("bronze");
    const failure = await failureOf(driver.qos?.modifyVolume({ id: volumeId(id), qos: { iops: 500 } }) ?? Promise.resolve());
    expect(failure).toMatchObject({ code: "FAILED_PRECONDITION", reason: "command-refused" });
  });
});
